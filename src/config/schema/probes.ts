import { z } from "zod";
import { redisRoles } from "../../health/probes/redis.ts";
import type { ProbeSettings } from "../../health/settings.ts";
import { field, isMapping } from "../value.ts";
import { bytes, httpHost, httpPath, oneOf, range, secret, userName } from "../values.ts";

type Kind = ProbeSettings["kind"];
type Of<Asked extends Kind> = Omit<Extract<ProbeSettings, { kind: Asked }>, "kind">;

const LONGEST = 1_024;

const step = z
  .strictObject({
    send: field(bytes("a text", LONGEST)).optional().describe("What is sent. Default: nothing, it listens."),
    expect: field(bytes("a text", LONGEST))
      .optional()
      .describe("How the answer begins, or the line behind the last step's answer."),
    contains: field(bytes("a text", LONGEST)).optional().describe("What the answer has in it, anywhere."),
  })
  .refine(
    ({ send, expect, contains }) => send !== undefined || expect !== undefined || contains !== undefined,
    {
      error: "at least one of send, expect and contains",
      when: isMapping,
    },
  )
  .refine(({ expect, contains }) => expect === undefined || contains === undefined, {
    error: "either expect or contains",
    when: isMapping,
  });

/** The keys that mean something to one probe alone. */
export const probeKeys = {
  send: field(bytes("a text", LONGEST)).optional().describe('probe line: what is sent. Default: "ping\\n".'),
  expect: field(bytes("a text", LONGEST))
    .optional()
    .describe('probe line: how the answer begins. Default: "pong".'),
  steps: z
    .array(step)
    .min(1)
    .max(100)
    .readonly()
    .optional()
    .describe("probe line: a conversation of several steps, in the place of send and expect."),
  path: field(httpPath).optional().describe("probe http: what is asked for. Default: /."),
  host: field(httpHost)
    .optional()
    .describe("probe http: the Host it is asked for. Default: the backend's address, as it is written."),
  status: field(range("a status range", 100, 599))
    .optional()
    .describe("probe http: the answers that pass. Default: 200-399."),
  user: field(userName)
    .optional()
    .describe("probe mysql: who logs in, a user without password or rights. Default: lb."),
  password: field(secret).optional().describe("probe redis: what it logs in with. It is never shown."),
  role: field(oneOf(redisRoles))
    .optional()
    .describe("probe redis: what the server must be. Default: either."),
} as const;

/** One of them. */
export type ProbeKey = keyof typeof probeKeys;
type Given = { readonly [key in ProbeKey]?: z.output<(typeof probeKeys)[key]> };

/** One row for each probe: what it asks, its keys, and what they mean where some are left out. */
const rows: {
  readonly [Asked in Kind]: {
    readonly about: string;
    readonly keys: readonly ProbeKey[];
    readonly settings: (given: Given) => Of<Asked>;
  };
} = {
  tcp: { about: "a connection that stands is enough", keys: [], settings: () => ({}) },
  off: { about: "always up", keys: [], settings: () => ({}) },
  line: {
    about: "the answer counts",
    keys: ["send", "expect", "steps"],
    settings: ({ send = "ping\n", expect = "pong", steps }) => (steps ? { steps } : { send, expect }),
  },
  http: {
    about: "the status counts",
    keys: ["path", "host", "status"],
    settings: ({ path = "/", host, status = [200, 399] }) => ({ path, ...defined({ host }), status }),
  },
  mysql: {
    about: "a login of a user, in order",
    keys: ["user"],
    settings: ({ user = "lb" }) => ({ user }),
  },
  postgres: { about: "an answer of the server's, without a line in its log", keys: [], settings: () => ({}) },
  redis: {
    about: "a PONG, and the role where one is wanted",
    keys: ["password", "role"],
    settings: ({ password, role }) => defined({ password, role }),
  },
};

/** The names of all probes. */
export const probeKinds = Object.keys(rows) as Kind[];

/** What each probe asks, in words. */
export const aboutProbes = probeKinds.map((kind) => `${kind}: ${rows[kind].about}.`).join(" ");

/** The probe that a key belongs to. */
export function probeOf(key: ProbeKey): Kind {
  return probeKinds.find((kind) => rows[kind].keys.includes(key)) as Kind;
}

/** What a probe's keys mean, with what is left out. */
export function probeSettings(kind: Kind, given: Given): ProbeSettings {
  return { kind, ...rows[kind].settings(given) } as ProbeSettings;
}

function defined<Keys extends object>(keys: Keys): { [Key in keyof Keys]: NonNullable<Keys[Key]> } {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined)) as never;
}
