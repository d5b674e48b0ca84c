import { setTimeout as sleep } from "node:timers/promises";
import { ask } from "./ask.ts";
import { cpuNs, residentKib } from "./cost.ts";
import { failing } from "./failing.ts";
import type { Bench, Measure, Sample } from "./measure.ts";
import type { Task } from "./messages.ts";
import { reloads } from "./reload.ts";

// What is over is tidied up a moment later, and belongs to it.
const SETTLE_MS = 10;
const SETTLE_MEMORY_MS = 300;
const IDLE_CONNECTIONS = 2_000;
/** What a process takes once it works, whatever it works on, is no part of what a connection takes. */
const SERVED_BEFORE_IDLE = 2_000;
const BULK_BYTES = 64 * 1024;
/** Sessions a second, for what a proxy does each second besides. */
const PACED_PER_SEC = 1_000;
const LATENCY_PER_SEC = 8_000;
const BULK_PER_MIB = 2 ** 20 / BULK_BYTES;

/** What the kernel says of the proxy's process. */
function readProxy({ proxy }: Bench, read: (pid: number) => number): number {
  return proxy === undefined ? 0 : read(proxy.pid);
}

/** Work that the proxy does for the load generator, in units. */
interface Work {
  /** Connections that are kept open for it. */
  readonly kept: number;
  readonly task: (bench: Bench, units: number) => Task;
  /** Units before the first sample. */
  readonly warmUp: number;
  /** And right before it: while the others warm up a proxy stands still, and its compiler takes back what it has assumed. */
  readonly runIn: number;
  /** Units of one sample. */
  readonly units: number;
  /** How many samples a round takes at most; default: as many as are asked for. */
  readonly mostSamples?: number;
}

/** Microseconds of the proxy's CPU, and of time, per unit of work. */
function cpuOf({ kept, task, warmUp, runIn, units, mostSamples = Infinity }: Work) {
  return {
    unit: "µs",
    mostSamples,
    async prepare(bench: Bench): Promise<void> {
      await ask(bench.load, { do: "open", port: bench.port, connections: kept });
      await ask(bench.load, task(bench, warmUp));
    },
    async runIn(bench: Bench): Promise<void> {
      await ask(bench.load, task(bench, runIn));
    },
    async sample(bench: Bench): Promise<Sample> {
      const before = readProxy(bench, cpuNs);
      const { wallMs = 0 } = await ask(bench.load, task(bench, units));
      await sleep(SETTLE_MS);
      const spentNs = readProxy(bench, cpuNs) - before;
      return { cost: spentNs / 1_000 / units, wallUs: (wallMs * 1_000) / units };
    },
  };
}

const paced = ({ port }: Bench, sessions: number): Task => ({
  do: "paced-sessions",
  port,
  sessions,
  perSec: PACED_PER_SEC,
});

const message = ({ port }: Bench, messages: number): Task => ({ do: "exchange", port, messages, bytes: 64 });
const session = ({ port }: Bench, sessions: number): Task => ({ do: "sessions", port, sessions, atOnce: 10 });
const mib = ({ port }: Bench, units: number): Task => ({
  do: "exchange",
  port,
  messages: units * BULK_PER_MIB,
  bytes: BULK_BYTES,
});

/** KiB of the proxy's memory per connection that is open and idle. */
const idle: Measure = {
  name: "idle",
  unit: "KiB",
  per: "idle connection",
  about: "resident memory per open connection that had one message echoed; 2,000 of them",
  // The second time it would be memory that the first had left.
  mostSamples: 1,
  async prepare(bench) {
    await ask(bench.load, session(bench, SERVED_BEFORE_IDLE));
    await sleep(SETTLE_MEMORY_MS);
  },
  async sample(bench) {
    const { port, load } = bench;
    const before = readProxy(bench, residentKib);
    const { wallMs = 0 } = await ask(load, { do: "open", port, connections: IDLE_CONNECTIONS });
    await sleep(SETTLE_MEMORY_MS);
    const cost = (readProxy(bench, residentKib) - before) / IDLE_CONNECTIONS;
    await ask(load, { do: "close", port });
    return { cost, wallUs: (wallMs * 1_000) / IDLE_CONNECTIONS };
  },
};

/** The 99th percentile, in microseconds, of the time a message takes at a third of what a proxy of one thread can do. */
const latency: Measure = {
  name: "latency",
  unit: "µs",
  per: "message, p99",
  about: "99 of 100 messages of 64 bytes are back within this, at 8,000 a second over 50 kept connections",
  mostSamples: Infinity,
  extra: true,
  async prepare({ load, port }) {
    await ask(load, { do: "open", port, connections: 50 });
    await ask(load, { do: "paced-messages", port, messages: 2 * LATENCY_PER_SEC, perSec: LATENCY_PER_SEC });
  },
  async sample({ load, port }) {
    const answer = await ask(load, {
      do: "paced-messages",
      port,
      messages: LATENCY_PER_SEC,
      perSec: LATENCY_PER_SEC,
    });
    const { p99Us = 0, wallMs = 0 } = answer;
    return { cost: p99Us, wallUs: (wallMs * 1_000) / LATENCY_PER_SEC };
  },
};

/** The columns, in the order they are shown. To add one, add it here. */
export const measures: readonly Measure[] = [
  {
    name: "message",
    per: "message",
    about: "CPU per 64-byte message echoed over 50 kept connections",
    ...cpuOf({ kept: 50, task: message, warmUp: 10_000, runIn: 6_000, units: 2_000 }),
  },
  {
    name: "connection",
    per: "connection",
    about: "CPU per connect, 64-byte message echoed, close; 10 at once",
    // Long samples: the first hundreds find caches that the other rows have filled meanwhile.
    ...cpuOf({ kept: 0, task: session, warmUp: 12_000, runIn: 3_000, units: 2_000, mostSamples: 5 }),
  },
  {
    name: "bulk",
    per: "MiB",
    about: "CPU per MiB echoed in 64 KiB messages over 8 connections",
    ...cpuOf({ kept: 8, task: mib, warmUp: 60, runIn: 30, units: 15 }),
  },
  idle,
  {
    name: "paced",
    per: "connection",
    about: "as connection, at 1,000 a second: with what the proxy does each second besides",
    extra: true,
    ...cpuOf({ kept: 0, task: paced, warmUp: 6_000, runIn: 1_000, units: 3 * PACED_PER_SEC }),
  },
  latency,
  failing,
  ...reloads,
];
