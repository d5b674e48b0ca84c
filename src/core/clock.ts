// The global of that name is a getter, and costs as much as the clock.
import { performance } from "node:perf_hooks";

/** Cancels a timer; calling it twice, or after it fired, does nothing. */
export interface Timer extends Disposable {}

/**
 * Time as a parameter. Everything that waits or measures takes a Clock, so that a test can turn it by hand and a
 * transport with an event loop of its own can bring its own timers.
 */
export interface Clock {
  /** Milliseconds, monotonic, with a fraction; the origin means nothing. A loop may read it once for all that it does in one step. */
  now(): number;
  /** The same, read at this moment: for work that is to end in time. */
  read(): number;
  /** Unix time in milliseconds, for records; it may jump, so nothing is measured by it. */
  wallMs(): number;
  /**
   * Calls `fn` once, `ms` from now, however long that is; Infinity never fires. Where the process stood still meanwhile, it is
   * called later by as long, `ms` at most.
   */
  after(ms: number, fn: () => void): Timer;
}

// setTimeout turns anything above this into 1 ms.
const LONGEST_MS = 2 ** 31 - 1;

/** A timer that is later than this says that the process stood still: it was stopped, or had no processor. */
const STOOD_STILL_MS = 250;

/** How much longer a timer of `ms` waits that is found late: 0 unless the process stood still meanwhile. */
export function putOffMs(ms: number, lateMs: number): number {
  return lateMs < STOOD_STILL_MS ? 0 : Math.min(lateMs, ms);
}

class NodeTimer implements Timer {
  #timeout: NodeJS.Timeout;
  constructor(ms: number, fn: () => void) {
    this.#timeout = this.#inParts(ms, fn);
  }
  [Symbol.dispose](): void {
    clearTimeout(this.#timeout);
  }
  #inParts(ms: number, fn: () => void): NodeJS.Timeout {
    if (ms <= LONGEST_MS) return this.#inTime(ms, fn);
    return setTimeout(() => {
      this.#timeout = this.#inParts(ms - LONGEST_MS, fn);
    }, LONGEST_MS);
  }
  /** Time in which the process stood still does not count: what came meanwhile waits in the kernel, and is read first. */
  #inTime(ms: number, fn: () => void): NodeJS.Timeout {
    const dueMs = performance.now() + ms;
    return setTimeout(() => {
      const moreMs = putOffMs(ms, performance.now() - dueMs);
      if (moreMs === 0) fn();
      else this.#timeout = setTimeout(fn, moreMs);
    }, ms);
  }
}

/** A timer that never fires. */
export const never: Timer = { [Symbol.dispose]() {} };

/** The machine's own monotonic clock and Node's timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  read: () => performance.now(),
  wallMs: () => Date.now(),
  after: (ms, fn) => (ms === Infinity ? never : new NodeTimer(ms, fn)),
};
