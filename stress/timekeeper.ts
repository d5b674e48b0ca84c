import { once } from "node:events";
import { type MessagePort, Worker } from "node:worker_threads";
import { Reservoir } from "./reservoir.ts";

/** How often, in the mean, the event loop is asked how late it is. */
const PULSE_MS = 5;
/** What is asked for sooner than this rings after it: each ring costs both threads some 0.05 ms. */
const SOONEST_MS = 0.25;

/**
 * A thread that keeps time for this one: it rings at the moments asked for, exact to about 0.1 ms where a timer of Node's is exact to
 * 1 ms, and notes how late this thread's event loop takes up what comes in from outside. It ends when it is disposed of.
 */
export class Timekeeper implements Disposable {
  /** How late the event loop took up each of many messages that came at random moments, in microseconds. */
  readonly latenessUs = new Reservoir();
  readonly #asked = new Int32Array(new SharedArrayBuffer(4));
  readonly #momentMs = new Float64Array(new SharedArrayBuffer(8)).fill(Infinity);
  readonly #thread: Worker;
  /** Called at the moment asked for, once, unless another was asked for meanwhile. */
  ring: () => void = () => {};

  private constructor() {
    const workerData = { asked: this.#asked, momentMs: this.#momentMs, pulseMs: PULSE_MS };
    // From its text, as the tests run the sources, of which a thread of this Node could not load a file.
    this.#thread = new Worker(`(${keepTime})()`, { eval: true, workerData });
    this.#thread.on("message", (sentMs: number | null) => {
      if (sentMs === null) this.ring();
      else this.latenessUs.add(Math.round((clockMs() - sentMs) * 1000));
    });
  }

  /** Resolves when the thread runs. */
  static async start(): Promise<Timekeeper> {
    const timekeeper = new Timekeeper();
    await once(timekeeper.#thread, "online");
    return timekeeper;
  }

  /** Asks to be rung after so many milliseconds, instead of at the moment asked for before. */
  ringIn(ms: number): void {
    this.#set(clockMs() + Math.max(SOONEST_MS, ms));
  }

  [Symbol.dispose](): void {
    this.#thread.removeAllListeners("message");
    this.#set(Number.NaN);
  }

  #set(momentMs: number): void {
    this.#momentMs[0] = momentMs;
    Atomics.store(this.#asked, 0, 1);
    Atomics.notify(this.#asked, 0);
  }
}

/** The one clock that both threads read. */
function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** What the thread does. It stands alone: nothing of this file is known there. */
function keepTime(): void {
  const { parentPort, workerData } = require("node:worker_threads");
  const { asked, momentMs, pulseMs } = workerData as {
    readonly asked: Int32Array;
    readonly momentMs: Float64Array;
    readonly pulseMs: number;
  };
  const port = parentPort as MessagePort;
  const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
  // Random, so that they keep no step with the requests.
  const nextPulseMs = () => nowMs() + 2 * pulseMs * Math.random();
  for (let ringMs = Infinity, atMs = nextPulseMs(); !Number.isNaN(ringMs); ) {
    if (Atomics.exchange(asked, 0, 0) === 1) ringMs = momentMs[0] as number;
    else if (nowMs() >= ringMs) {
      ringMs = Infinity;
      port.postMessage(null);
    } else if (nowMs() >= atMs) {
      port.postMessage(nowMs());
      atMs = nextPulseMs();
    } else Atomics.wait(asked, 0, 0, Math.min(ringMs, atMs) - nowMs());
  }
}
