import type { Fault } from "./fault.ts";

export interface RefuseSettings {
  readonly refuse: boolean;
}

/** Nothing listens: each dial is refused by the kernel. */
export const refuse: Fault<RefuseSettings> = {
  options: {
    refuse: { describe: "Every connection is refused", type: "boolean", default: false },
  },
  behave: (settings) => (settings.refuse ? { refuses: true } : undefined),
};
