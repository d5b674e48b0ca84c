import { z } from "zod";
import { MOST_BACKENDS } from "../../contract/backend.ts";
import { logFormats, logLevels } from "../../core/log-settings.ts";
import { field, isMapping, or, partOrOff } from "../value.ts";
import {
  duration,
  listenAddress,
  name,
  oneOf,
  postgresUrl,
  range,
  text,
  truth,
  wholeNumber,
} from "../values.ts";
import { clients } from "./clients.ts";
import { listener } from "./listener.ts";
import { pool } from "./pool.ts";

const path = text("a path", 4_096);

const store = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("file").meta({ expected: "file" }).describe("A JSON file, written whole each time."),
      path: field(path).describe("Where, relative to where the balancer was started."),
    }),
    z.strictObject({
      kind: z.literal("postgres").meta({ expected: "postgres" }).describe("A PostgreSQL database."),
      url: field(postgresUrl).describe(
        "postgres://user:password@host:port/database; the password is never shown.",
      ),
    }),
  ],
  { error: "file | postgres" },
);

const server = z
  .strictObject({
    command: z
      .array(field(text("a word", 4_096)))
      .min(1)
      .max(100)
      .describe("The program and its arguments; {host} and {port} are filled in."),
    pool: field(name).describe("The pool that copies become backends of."),
    ports: field(range("a port range", 1, 65_535)).describe("The ports copies may get."),
    count: field(wholeNumber(0, 1_000)).prefault(0).describe("Copies that run from the start."),
  })
  .refine(({ ports, count }) => !Array.isArray(ports) || !(count > ports[1] - ports[0] + 1), {
    path: ["count"],
    error: "no more copies than there are ports",
    when: isMapping,
  });

const admin = z.strictObject({
  listen: field(listenAddress).describe("Where the API, the metrics and the live page answer."),
  tokenFile: field(or("off", undefined, path))
    .prefault("off")
    .describe("A file whose content a caller must show."),
});

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
  store: partOrOff(store).prefault("off").describe("Where clients' limits and tokens survive a restart."),
  servers: z
    .record(field(name), server)
    .prefault({})
    .describe("Templates of servers the balancer may start copies of."),
  admin: partOrOff(admin).prefault("off").describe("The HTTP API."),
  names: names.prefault({}).describe("How the names of backends and listeners are followed."),
  log: log.prefault({}).describe("What is told, and how."),
  shutdown: shutdown.prefault({}).describe("How the balancer stops."),
});
