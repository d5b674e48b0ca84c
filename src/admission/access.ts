import type { AccessRule } from "../contract/admission.ts";
import { Ended } from "../core/ending.ts";
import { ipOf } from "../core/ip.ts";
import type { Gate } from "./gate.ts";
import { parseMatcher } from "./matcher.ts";

/** Refuses with `denied` a client that the first matching rule denies; a client that no rule matches is let in. Holds nothing. */
export function accessList(rules: readonly AccessRule[]): Gate {
  const compiled = rules.map(({ action, who }) => ({ action, matches: parseMatcher(who) }));
  return (session) => {
    const client = ipOf(session.address);
    const first = compiled.find(({ matches }) => matches(client));
    if (first?.action === "deny") throw new Ended("denied");
    return undefined;
  };
}
