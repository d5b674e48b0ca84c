import { z } from "zod";
import type { HealthSettings } from "../../health/settings.ts";
import { field, isMapping } from "../value.ts";
import { duration, oneOf, wholeNumber } from "../values.ts";
import { aboutProbes, type ProbeKey, probeKeys, probeKinds, probeOf, probeSettings } from "./probes.ts";

const allFields = z.strictObject({
  probe: field(oneOf(probeKinds)).prefault("tcp").describe(aboutProbes),
  port: field(wholeNumber(1, 65_535))
    .optional()
    .describe("Another port that is probed, without a PROXY header. Default: the backend's own."),
  interval: field(duration("10ms")).prefault("2s").describe("From one probe of a backend to its next."),
  timeout: field(duration("1ms")).prefault("1s").describe("By when a probe must have passed."),
  rise: field(wholeNumber(1, 100)).prefault(2).describe("Passed probes in a row that bring a backend up."),
  fall: field(wholeNumber(1, 100)).prefault(3).describe("Failed probes in a row that take it down."),
  ...probeKeys,
});

type Keys = { readonly [key in ProbeKey | "probe"]?: unknown };

/** A key that means something to one probe alone; looked at also where other keys are wrong. */
function only(key: ProbeKey) {
  const owner = probeOf(key);
  const rule = ({ [key]: value, probe = "tcp" }: Keys) =>
    value === undefined || probe === owner || !(probeKinds as unknown[]).includes(probe);
  return [
    rule,
    { path: [key] as PropertyKey[], error: `this key only with probe: ${owner}`, when: isMapping },
  ] as const;
}

const owned = (Object.keys(probeKeys) as ProbeKey[]).reduce(
  (fields, key) => fields.refine(...only(key)),
  allFields,
);

const fields = owned.refine(
  ({ send, expect, steps }: Keys) => steps === undefined || (send === undefined && expect === undefined),
  { path: ["steps"], error: "either steps, or send and expect", when: isMapping },
);

/** How the backends of a pool are probed. */
export const health = z.codec(fields, z.custom<HealthSettings>(), {
  decode: ({ probe, port, interval, timeout, rise, fall, ...keys }) => ({
    probe: probeSettings(probe, keys),
    ...(port !== undefined && { port }),
    intervalMs: interval,
    timeoutMs: timeout,
    rise,
    fall,
  }),
  encode: ({ probe: { kind, ...keys }, port, intervalMs, timeoutMs, rise, fall }) => ({
    probe: kind,
    ...keys,
    ...(port !== undefined && { port }),
    interval: intervalMs,
    timeout: timeoutMs,
    rise,
    fall,
  }),
});
