import { coerced, wholeNumber } from "#lb/command/coerce";
import type { Fault } from "./fault.ts";

/** The first N connections are accepted and reset at once, as by a server that is not quite up; all later ones are served. */
export const failFirst: Fault<{ "fail-first": number }> = {
  off: { "fail-first": 0 },
  options: {
    "fail-first": {
      describe: "The first N connections are broken off",
      default: 0,
      requiresArg: true,
      coerce: coerced("fail-first", wholeNumber(0, 1_000_000_000)),
    },
  },
  behave(settings) {
    let left = settings["fail-first"];
    return left === 0 ? undefined : { fate: () => (left-- > 0 ? "reset-at-once" : undefined) };
  },
};
