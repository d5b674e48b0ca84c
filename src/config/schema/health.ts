import { z } from "zod";
import type { HealthSettings, ProbeSettings } from "../../health/settings.ts";
import { field, isMapping } from "../value.ts";
import { duration, httpHost, httpPath, oneOf, range, text, wholeNumber } from "../values.ts";

const probes = ["tcp", "off", "line", "http"] as const;
const LONGEST = 1_024;

type Keys = { probe: (typeof probes)[number] } & Partial<
  Record<"send" | "expect" | "path" | "host" | "status", unknown>
>;

/** A key that means something to one probe alone; looked at also where other keys are wrong. */
function only(probe: Keys["probe"], key: Exclude<keyof Keys, "probe">) {
  const rule = (given: Keys) =>
    given[key] === undefined || given.probe === probe || !probes.includes(given.probe);
  const error = `this key only with probe: ${probe}`;
  return [rule, { path: [key] as PropertyKey[], error, when: isMapping }] as const;
}

const fields = z
  .strictObject({
    probe: field(oneOf(probes))
      .prefault("tcp")
      .describe(
        "tcp: a connection that stands is enough. line and http: the answer counts too. off: always up.",
      ),
    interval: field(duration("10ms")).prefault("2s").describe("From one probe of a backend to its next."),
    timeout: field(duration("1ms")).prefault("1s").describe("By when a probe must have passed."),
    rise: field(wholeNumber(1, 100)).prefault(2).describe("Passed probes in a row that bring a backend up."),
    fall: field(wholeNumber(1, 100)).prefault(3).describe("Failed probes in a row that take it down."),
    send: field(text("a text", LONGEST)).optional().describe('probe line: what is sent. Default: "ping\\n".'),
    expect: field(text("a text", LONGEST))
      .optional()
      .describe('probe line: how the answer begins. Default: "pong".'),
    path: field(httpPath).optional().describe("probe http: what is asked for. Default: /."),
    host: field(httpHost)
      .optional()
      .describe("probe http: the Host it is asked for. Default: the backend's address, as it is written."),
    status: field(range("a status range", 100, 599))
      .optional()
      .describe("probe http: the answers that pass. Default: 200-399."),
  })
  .refine(...only("line", "send"))
  .refine(...only("line", "expect"))
  .refine(...only("http", "path"))
  .refine(...only("http", "host"))
  .refine(...only("http", "status"));

/** How the backends of a pool are probed. */
export const health = z.codec(fields, z.custom<HealthSettings>(), {
  decode: ({ interval, timeout, rise, fall, ...rest }) => ({
    probe: probeOf(rest),
    intervalMs: interval,
    timeoutMs: timeout,
    rise,
    fall,
  }),
  encode: ({ probe: { kind, ...rest }, intervalMs, timeoutMs, rise, fall }) => ({
    probe: kind,
    ...rest,
    interval: intervalMs,
    timeout: timeoutMs,
    rise,
    fall,
  }),
});

type Probe = Pick<z.output<typeof fields>, "probe" | "send" | "expect" | "path" | "host" | "status">;

function probeOf({
  probe,
  send = "ping\n",
  expect = "pong",
  path = "/",
  host,
  status = [200, 399],
}: Probe): ProbeSettings {
  if (probe === "line") return { kind: probe, send, expect };
  if (probe === "http") return { kind: probe, path, ...(host !== undefined && { host }), status };
  return { kind: probe };
}
