import { z } from "zod";
import { type AccessRule, refusals } from "../../contract/admission.ts";
import { formatEndpoint } from "../../core/address.ts";
import { listenerTransports } from "../../core/transport-names.ts";
import { field, isMapping, or, partOrOff } from "../value.ts";
import {
  deadline,
  duration,
  keepAlive,
  listenAddress,
  name,
  oneOf,
  peers,
  placeName,
  truth,
  wholeNumber,
} from "../values.ts";
import { named } from "./named.ts";

const MOST = 1_000_000;

const ruleInFile = z
  .strictObject({
    allow: field(peers).optional().describe("Lets these in."),
    deny: field(peers).optional().describe("Turns these away."),
  })
  .refine(({ allow, deny }) => (allow === undefined) !== (deny === undefined), {
    error: "either allow or deny",
    when: isMapping,
  });

const rule = z.codec(ruleInFile, z.custom<AccessRule>(), {
  decode: ({ allow, deny }): AccessRule =>
    allow === undefined ? { action: "deny", who: deny as string } : { action: "allow", who: allow },
  encode: ({ action, who }) => (action === "allow" ? { allow: who } : { deny: who }),
});

const acceptProxy = z.strictObject({
  from: z
    .array(field(peers))
    .min(1)
    .describe("The peers that must send one; it is never looked for from others."),
  timeout: field(duration()).prefault("5s").describe("By when the whole header must have come."),
});

const timeouts = z.strictObject({
  idle: field(deadline)
    .prefault("10m")
    .describe("Nothing moves either way for so long: the session ends `idle`."),
  fin: field(deadline)
    .prefault("30s")
    .describe("One side has finished and the other is silent for so long: the session ends `fin-timeout`."),
  maxAge: field(deadline)
    .prefault("off")
    .describe(
      "A session ends `max-age` after so long, give or take 10 %, so that not all come back at once.",
    ),
});

const fields = z.strictObject({
  name: field(placeName)
    .optional()
    .describe("What logs and metrics call it. Default: the address it listens on."),
  listen: field(listenAddress).describe(
    "Where clients connect. Port 0 picks a free one. A unix socket is made with mode 0660, so that its owner and group may connect, and no other user.",
  ),
  pool: field(name).describe("The pool that serves its sessions."),
  transport: field(oneOf(listenerTransports))
    .prefault("auto")
    .describe(
      "What moves the bytes of its sessions. auto: as `transport` says; native: system calls of the balancer's own; sockets: Node's.",
    ),
  keepAlive: field(keepAlive)
    .prefault("60s")
    .describe(
      "TCP keepalive: a client that is silent for so long is asked whether it is still there, then every 10 s; the third question without an answer ends the session.",
    ),
  refuse: field(oneOf(refusals))
    .prefault("close")
    .describe(
      "How a client that cannot be served is told: by a FIN, an RST, a line `ERR <ending>`, or an HTTP answer.",
    ),
  maxConnections: field(or("auto", "auto", wholeNumber(1, MOST)))
    .prefault("auto")
    .describe(
      "Sessions at once; one more is `listener-full`. auto: (open files - 64 - 4 for each further listener - probes at once) / 2.",
    ),
  access: z
    .array(rule)
    .max(10_000)
    .prefault([])
    .describe(
      "Who may connect: `{ allow: … }` or `{ deny: … }`, the first that matches wins; no match: allowed.",
    ),
  connectionsPerClient: field(or("off", Infinity, wholeNumber(1, MOST)))
    .prefault("off")
    .describe("Sessions at once of one address (IPv6: of one /64); one more is `client-limit`."),
  rateLimit: field(truth).prefault(false).describe("Whether the token buckets of `clients` apply."),
  acceptProxy: partOrOff(acceptProxy)
    .prefault("off")
    .describe(
      "Takes the client's address from a PROXY header, v1 or v2; without one the session ends `bad-proxy-header`.",
    ),
  halfClose: field(truth)
    .prefault(true)
    .describe(
      "Whether one side may finish while the other still sends. false: the first to finish ends the session, and what the other has not sent by then, an answer perhaps, is cut off.",
    ),
  timeouts: timeouts.prefault({}).describe("How long a session may last."),
});

export const listener = named(fields, ({ listen }) => formatEndpoint(listen));
