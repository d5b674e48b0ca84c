import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "#lb/command/child";
import { ask } from "./ask.ts";
import { cpuNs, residentKib } from "./cost.ts";
import type { Task } from "./messages.ts";

/** What a measure works with: the load generator, the port to send to, and the proxy's process where there is one. */
export interface Bench {
  readonly load: Child;
  readonly port: number;
  readonly proxy: Child | undefined;
}

/** What one measurement found, per unit. */
export interface Sample {
  /** What it cost the proxy, in the measure's unit; 0 without a proxy. */
  readonly cost: number;
  /** The time that passed, in microseconds. */
  readonly wallUs: number;
}

/** One column of the benchmark. */
export interface Measure {
  readonly name: string;
  /** What a sample's cost is in. */
  readonly unit: string;
  /** What it is the cost of. */
  readonly per: string;
  readonly about: string;
  /** How many samples one process is good for. */
  readonly mostSamples: number;
  /** What comes before the first sample: what is kept open, and enough work for a compiler in the proxy to warm up. */
  readonly prepare: (bench: Bench) => Promise<unknown>;
  readonly sample: (bench: Bench) => Promise<Sample>;
}

// What is over is tidied up a moment later, and belongs to it.
const SETTLE_MS = 10;
const SETTLE_MEMORY_MS = 300;
const IDLE_CONNECTIONS = 2_000;
const BULK_BYTES = 64 * 1024;
const BULK_PER_MIB = 2 ** 20 / BULK_BYTES;

/** What the kernel says of the proxy's process. */
function readProxy({ proxy }: Bench, read: (pid: number) => number): number {
  return proxy === undefined ? 0 : read(proxy.pid);
}

/** Microseconds of the proxy's CPU, and of time, per unit of a task. */
async function cpuOf(bench: Bench, units: number, task: Task): Promise<Sample> {
  const before = readProxy(bench, cpuNs);
  const { wallMs = 0 } = await ask(bench.load, task);
  await sleep(SETTLE_MS);
  const spentNs = readProxy(bench, cpuNs) - before;
  return { cost: spentNs / 1_000 / units, wallUs: (wallMs * 1_000) / units };
}

/** KiB of the proxy's memory per connection that is open and idle. */
async function memoryOfIdle(bench: Bench): Promise<Sample> {
  const { port, load } = bench;
  const before = readProxy(bench, residentKib);
  const { wallMs = 0 } = await ask(load, { do: "open", port, connections: IDLE_CONNECTIONS });
  await sleep(SETTLE_MEMORY_MS);
  const cost = (readProxy(bench, residentKib) - before) / IDLE_CONNECTIONS;
  await ask(load, { do: "close", port });
  return { cost, wallUs: (wallMs * 1_000) / IDLE_CONNECTIONS };
}

const message = ({ port }: Bench, messages: number): Task => ({ do: "exchange", port, messages, bytes: 64 });
const session = ({ port }: Bench, sessions: number): Task => ({ do: "sessions", port, sessions, atOnce: 10 });
const mib = ({ port }: Bench, units: number): Task => ({
  do: "exchange",
  port,
  messages: units * BULK_PER_MIB,
  bytes: BULK_BYTES,
});

/** The columns, in the order they are shown. To add one, add it here. */
export const measures: readonly Measure[] = [
  {
    name: "message",
    unit: "µs",
    per: "message",
    about: "CPU per 64-byte message echoed over 50 kept connections",
    mostSamples: Infinity,
    async prepare(bench) {
      await ask(bench.load, { do: "open", port: bench.port, connections: 50 });
      await ask(bench.load, message(bench, 10_000));
    },
    sample: (bench) => cpuOf(bench, 2_000, message(bench, 2_000)),
  },
  {
    name: "connection",
    unit: "µs",
    per: "connection",
    about: "CPU per connect, 64-byte message echoed, close; 10 at once",
    mostSamples: Infinity,
    prepare: (bench) => ask(bench.load, session(bench, 6_000)),
    sample: (bench) => cpuOf(bench, 250, session(bench, 250)),
  },
  {
    name: "bulk",
    unit: "µs",
    per: "MiB",
    about: "CPU per MiB echoed in 64 KiB messages over 8 connections",
    mostSamples: Infinity,
    async prepare(bench) {
      await ask(bench.load, { do: "open", port: bench.port, connections: 8 });
      await ask(bench.load, mib(bench, 60));
    },
    sample: (bench) => cpuOf(bench, 15, mib(bench, 15)),
  },
  {
    name: "idle",
    unit: "KiB",
    per: "idle connection",
    about: "resident memory per open connection that had one message echoed; 2,000 of them",
    // The second time it would be memory that the first had left.
    mostSamples: 1,
    async prepare(bench) {
      await ask(bench.load, session(bench, 200));
      await sleep(SETTLE_MEMORY_MS);
    },
    sample: memoryOfIdle,
  },
];
