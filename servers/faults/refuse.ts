import type { Fault } from "./fault.ts";

/** Nothing listens: each dial is refused by the kernel. */
export const refuse: Fault<{ refuse: boolean }> = {
  off: { refuse: false },
  options: {
    refuse: { describe: "Every connection is refused", type: "boolean", default: false },
  },
  behave: (settings) => (settings.refuse ? { refuses: true } : undefined),
};
