import { z } from "zod";
import { algorithmNames } from "../../contract/algorithm.ts";
import { administrativeStates, MOST_BACKENDS } from "../../contract/backend.ts";
import { onDowns } from "../../contract/pool.ts";
import { formatEndpoint } from "../../core/address.ts";
import { field, or, partOrOff } from "../value.ts";
import {
  backendAddress,
  deadline,
  duration,
  ipAddress,
  keepAlive,
  oneOf,
  percent,
  placeName,
  truth,
  wholeNumber,
} from "../values.ts";
import { health } from "./health.ts";
import { named } from "./named.ts";

const MOST = 1_000_000;
/** The heaviest weight. */
export const HEAVIEST = 256;

/** What may be said of a backend while it runs. */
export const backendValues = {
  weight: wholeNumber(0, HEAVIEST),
  maxConnections: or("off", Infinity, wholeNumber(1, MOST)),
  state: oneOf(administrativeStates),
};

/** What may be said of a pool while it runs. */
export const poolValues = { algorithm: oneOf(algorithmNames) };

/** What a backend is made of, key by key. */
export const backendFields = z.strictObject({
  name: field(placeName)
    .optional()
    .describe("What logs and metrics call it. Default: its address. Two may share an address, not a name."),
  address: field(backendAddress).describe(
    "A name is looked up again as its answers change; each answer is a member, and while there is none it is left out.",
  ),
  weight: field(backendValues.weight)
    .prefault(1)
    .describe("Its share relative to the others; 0 gets nothing new."),
  maxConnections: field(backendValues.maxConnections)
    .prefault("off")
    .describe("Sessions at once; when all are full, clients wait in the queue."),
  backup: field(truth).prefault(false).describe("Serves only what no other backend can."),
  state: field(backendValues.state)
    .prefault("ready")
    .describe("drain: gets nothing new and keeps what it has. maint: is never dialled."),
});

/** One backend of a pool. */
export const backend = named(backendFields, ({ address }) => formatEndpoint(address));

const queue = z.strictObject({
  max: field(wholeNumber(0, MOST)).prefault(1_000).describe("Sessions that may wait; 0 refuses at once."),
  timeout: field(deadline).prefault("5s").describe("How long each may wait; then it ends `queue-timeout`."),
});

const outlier = z.strictObject({
  failures: field(or("off", Infinity, wholeNumber(1, 1_000)))
    .prefault(5)
    .describe(
      "So many failures in a row, and a backend is left out: a dial that failed, or a session that the backend ended without an answer, though it was asked by a client that is answered elsewhere.",
    ),
  ejectFor: field(duration())
    .prefault("10s")
    .describe("The nth ejection lasts n times this, at most ten times."),
  maxEjected: field(percent)
    .prefault("50%")
    .describe("The greatest share left out at once, rounded down, but at least one where another is left."),
  early: field(or("off", 0, duration()))
    .prefault("off")
    .describe(
      "Whatever it answered, a session that a backend ends so soon after the client's first byte, or after it was connected where none came, is a failure too.",
    ),
});

const retryBudget = z.strictObject({
  share: field(percent).describe("Retries as a share of the dials of the last 10 s."),
  min: field(wholeNumber(0, MOST)).describe("So many are always allowed."),
});

const timeouts = z.strictObject({
  connect: field(duration()).prefault("2s").describe("By when a backend must have answered a dial."),
});

export const pool = z.strictObject({
  algorithm: field(poolValues.algorithm).prefault("round-robin").describe("Who serves the next client."),
  attempts: field(wholeNumber(1, 100))
    .prefault(3)
    .describe(
      "Different backends dialled per session. Only a failed dial is retried, our own shortage never.",
    ),
  queue: queue
    .prefault({})
    .describe("Where clients wait while every usable backend is at its maxConnections."),
  timeouts: timeouts.prefault({}).describe("How long a dial may last."),
  localAddress: field(or("off", undefined, ipAddress))
    .prefault("off")
    .describe("The source address towards backends."),
  sendProxy: field(or("off", undefined, oneOf(["v1", "v2"])))
    .prefault("off")
    .describe("Tells the backend the client as we know it, by a PROXY header of this version."),
  keepAlive: field(keepAlive)
    .prefault("60s")
    .describe("TCP keepalive towards backends, as that of listeners towards clients."),
  slowStart: field(or("off", 0, duration()))
    .prefault("off")
    .describe("Over how long a backend that came back earns its full share."),
  health: health.prefault({}).describe("How backends are probed."),
  onDown: field(oneOf(onDowns))
    .prefault("keep")
    .describe(
      "What becomes of the sessions of a backend that probes find down or that is put into maint. end: both sides get what is under way and FIN, ending `backend-down`.",
    ),
  outlier: outlier.prefault({}).describe("Leaves out, for a while, a backend whose dials or sessions fail."),
  retryBudget: partOrOff(retryBudget)
    .prefault("off")
    .describe("Keeps retries from drowning a pool in trouble."),
  backends: z
    .array(backend)
    .max(MOST_BACKENDS)
    .prefault([])
    .describe("The servers. None is allowed: the pool refuses every client until one is added."),
});
