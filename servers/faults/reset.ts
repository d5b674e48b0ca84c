import { coerced } from "#lb/command/coerce";
import { type Fault, share } from "./fault.ts";

/** A share of the connections is reset in place of its first answer. */
export const reset: Fault<{ reset: number }> = {
  off: { reset: 0 },
  options: {
    reset: {
      describe: "Share of connections reset in place of the first answer",
      default: 0,
      requiresArg: true,
      coerce: coerced("reset", share),
    },
  },
  behave: (settings, { dice }) =>
    settings.reset === 0
      ? undefined
      : { fate: () => (dice() < settings.reset ? "reset-at-first-bytes" : undefined) },
};
