/** Cancels a timer; calling it twice, or after it fired, does nothing. */
export interface Timer extends Disposable {}

/**
 * Time as a parameter. Everything that waits or measures takes a Clock, so that a test can turn it by hand and a
 * transport with an event loop of its own can bring its own timers.
 */
export interface Clock {
  /** Milliseconds, monotonic, with a fraction; the origin means nothing. */
  now(): number;
  /** Calls `fn` once, `ms` from now; it never throws for a large or infinite `ms`, which never fires. */
  after(ms: number, fn: () => void): Timer;
}

class NodeTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;
  constructor(ms: number, fn: () => void) {
    this.#timeout = setTimeout(fn, ms);
  }
  [Symbol.dispose](): void {
    clearTimeout(this.#timeout);
  }
}

// setTimeout turns anything above this into 1 ms.
const LONGEST_MS = 2 ** 31 - 1;
const never: Timer = { [Symbol.dispose]() {} };

/** The machine's own monotonic clock and Node's timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, fn) => (ms > LONGEST_MS ? never : new NodeTimer(ms, fn)),
};
