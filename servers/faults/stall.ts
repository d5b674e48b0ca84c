import { coerced } from "#lb/command/coerce";
import { type Fault, share } from "./fault.ts";

/** A share of the connections is accepted and read, and never answered, until the peer finishes. */
export const stall: Fault<{ stall: number }> = {
  off: { stall: 0 },
  options: {
    stall: {
      describe: "Share of connections accepted and never answered",
      default: 0,
      requiresArg: true,
      coerce: coerced("stall", share),
    },
  },
  behave: (settings, { dice }) =>
    settings.stall === 0 ? undefined : { fate: () => (dice() < settings.stall ? "stall" : undefined) },
};
