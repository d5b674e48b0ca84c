import { z } from "zod";
import { MOST_BACKENDS } from "../../contract/backend.ts";
import { logFormats, logLevels } from "../../core/log-settings.ts";
import { transportNames } from "../../core/transport-names.ts";
import { field, or } from "../value.ts";
import { duration, name, oneOf, truth } from "../values.ts";
import { admin } from "./admin.ts";
import { clients } from "./clients.ts";
import { listener } from "./listener.ts";
import { pool } from "./pool.ts";
import { servers } from "./servers.ts";
import { store } from "./store.ts";

const log = z.strictObject({
  level: field(oneOf(logLevels)).prefault("info").describe("Session records are info."),
  sessions: field(truth).prefault(true).describe("Whether each session leaves a record."),
  format: field(oneOf(logFormats))
    .prefault("auto")
    .describe("auto: pretty on a terminal, JSON everywhere else."),
});

const names = z.strictObject({
  hold: field(duration("0ms"))
    .prefault("30s")
    .describe(
      "How long an address stays a member after the last answer that had it has run out; 0ms: not at all. A name server may tell others of many each time.",
    ),
});

const shutdown = z.strictObject({
  grace: field(or("off", Infinity, duration("0ms")))
    .prefault("30s")
    .describe("How long sessions may go on after SIGTERM; then they are cut. off: until the last one ends."),
});

/** The whole file: every key, what it takes, its default, and what it means. */
export const configSchema = z.strictObject({
  listeners: z.array(listener).min(1).max(1_000).describe("Where clients connect."),
  pools: z
    .record(field(name), pool)
    .describe(
      `The backends, in groups that listeners send to; each by its name. At most ${MOST_BACKENDS} backends in all.`,
    ),
  clients: clients.prefault({}).describe("Token buckets, used by listeners with `rateLimit: true`."),
  store: store.prefault("off").describe("Where what the API said, and clients' tokens, survive a restart."),
  servers: servers.prefault({}).describe("Templates of servers the balancer may start copies of."),
  admin: admin.prefault("off").describe("The HTTP API."),
  names: names.prefault({}).describe("How the names of backends and listeners are followed."),
  log: log.prefault({}).describe("What is told, and how."),
  shutdown: shutdown.prefault({}).describe("How the balancer stops."),
  transport: field(oneOf(transportNames))
    .prefault("auto")
    .describe(
      "What moves the bytes. sockets: Node's, on every system. io_uring and epoll: system calls of the balancer's own, in a thread of its own, on Linux where the package koffi is installed. native: the first of these that the machine has. auto: native, and sockets where the machine has neither.",
    ),
});
