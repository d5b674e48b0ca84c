import { setTimeout as sleep } from "node:timers/promises";
import { cpuNs, residentKib } from "./cost.ts";
import type { Task } from "./messages.ts";
import type { Running } from "./processes.ts";

/** What a measure works with: the load generator, the port to send to, and the proxy's process where there is one. */
interface Bench {
  readonly load: Running;
  readonly port: number;
  readonly proxy: Running | undefined;
  /** 1, or a part of it for a shorter run, which counts less and warms up as long. */
  readonly scale: number;
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
  readonly run: (bench: Bench) => Promise<Sample>;
}

/** Units of work: first some by which the proxy's compiler warms up, then those that count. */
interface Amount {
  readonly warmUp: number;
  readonly counted: number;
}

// What is over is tidied up a moment later, and belongs to it.
const SETTLE_MS = 50;
const SETTLE_MEMORY_MS = 300;
const IDLE_CONNECTIONS = 2_000;
const BULK_BYTES = 64 * 1024;
const BULK_PER_MIB = 2 ** 20 / BULK_BYTES;

/** What the kernel says of the proxy's process. */
function readProxy({ proxy }: Bench, read: (pid: number) => number): number {
  return proxy === undefined ? 0 : read(proxy.pid);
}

/** Microseconds of the proxy's CPU, and of time, per unit of what `task` does. */
async function cpuOf(bench: Bench, amount: Amount, task: (units: number) => Task): Promise<Sample> {
  const units = Math.round(amount.counted * bench.scale);
  await bench.load.ask(task(amount.warmUp));
  await sleep(SETTLE_MS);
  const before = readProxy(bench, cpuNs);
  const { wallMs = 0 } = await bench.load.ask(task(units));
  await sleep(SETTLE_MS);
  const spentNs = readProxy(bench, cpuNs) - before;
  return { cost: spentNs / 1_000 / units, wallUs: (wallMs * 1_000) / units };
}

/** The same over connections that are kept. */
async function cpuOverKept(
  bench: Bench,
  connections: number,
  amount: Amount,
  task: (units: number) => Task,
): Promise<Sample> {
  await bench.load.ask({ do: "open", port: bench.port, connections });
  const sample = await cpuOf(bench, amount, task);
  await bench.load.ask({ do: "close" });
  return sample;
}

/** KiB of the proxy's memory per connection that is open and idle. */
async function memoryOfIdle(bench: Bench): Promise<Sample> {
  const { port, load } = bench;
  await load.ask({ do: "sessions", port, sessions: 200, atOnce: 10 });
  await sleep(SETTLE_MEMORY_MS);
  const before = readProxy(bench, residentKib);
  const { wallMs = 0 } = await load.ask({ do: "open", port, connections: IDLE_CONNECTIONS });
  await sleep(SETTLE_MEMORY_MS);
  const cost = (readProxy(bench, residentKib) - before) / IDLE_CONNECTIONS;
  await load.ask({ do: "close" });
  return { cost, wallUs: (wallMs * 1_000) / IDLE_CONNECTIONS };
}

/** The columns, in the order they are shown. To add one, add it here. */
export const measures: readonly Measure[] = [
  {
    name: "message",
    unit: "µs",
    per: "message",
    about: "CPU per 64-byte message echoed over 50 kept connections",
    run: (bench) =>
      cpuOverKept(bench, 50, { warmUp: 10_000, counted: 20_000 }, (messages) => ({
        do: "exchange",
        messages,
        bytes: 64,
      })),
  },
  {
    name: "connection",
    unit: "µs",
    per: "connection",
    about: "CPU per connect, 64-byte message echoed, close; 10 at once",
    run: (bench) =>
      cpuOf(bench, { warmUp: 1_500, counted: 2_500 }, (sessions) => ({
        do: "sessions",
        port: bench.port,
        sessions,
        atOnce: 10,
      })),
  },
  {
    name: "bulk",
    unit: "µs",
    per: "MiB",
    about: "CPU per MiB echoed in 64 KiB messages over 8 connections",
    run: (bench) =>
      cpuOverKept(bench, 8, { warmUp: 60, counted: 150 }, (mib) => ({
        do: "exchange",
        messages: mib * BULK_PER_MIB,
        bytes: BULK_BYTES,
      })),
  },
  {
    name: "idle",
    unit: "KiB",
    per: "idle connection",
    about: "resident memory per open connection that had one message echoed; 2,000 of them",
    run: memoryOfIdle,
  },
];
