import { TIMEOUT } from "./uring-abi.ts";
import type { Ring } from "./uring-ring.ts";

const NO_DESCRIPTOR = -1;
const NS_PER_MS = 1_000_000;
/** Where the words of a struct __kernel_timespec are. */
const TIME = { bytes: 16, seconds: 0, nanoseconds: 2 } as const;
/** One that has not rung by then never will. */
const OVERDUE_MS = 1_000;
/** So much later than it is wanted an alarm may be that was set before. */
const SLACK_MS = 1;

/**
 * Ends waits in time, by an operation that is under way from one wait to the next: an end of its own would have the kernel set a timer
 * for each wait, and take it off. Of those under way each is earlier than those that were set before it.
 */
export class Alarm {
  readonly #ring: Ring;
  /** The second word of its operations. */
  readonly #high: number;
  readonly #time = new Int32Array(TIME.bytes / Int32Array.BYTES_PER_ELEMENT);
  readonly #bytes = new Uint8Array(this.#time.buffer);
  /** When they ring, the earliest last. */
  readonly #atMs: number[] = [];

  constructor(ring: Ring, high: number) {
    this.#ring = ring;
    this.#high = high;
  }

  /** Has a wait that begins at `nowMs` end within `ms`, a whole number, and a millisecond more at most. */
  within(ms: number, nowMs: number): void {
    const earliestMs = this.#atMs.at(-1) ?? Infinity;
    // The kernel tells of none that it had no memory to tell of.
    if (earliestMs < nowMs - OVERDUE_MS) this.#atMs.length = 0;
    else if (nowMs + ms + SLACK_MS > earliestMs) return;
    this.#atMs.push(nowMs + ms);
    this.#time[TIME.seconds] = ms / 1_000;
    this.#time[TIME.nanoseconds] = (ms % 1_000) * NS_PER_MS;
    const address = this.#ring.place(this.#bytes);
    this.#ring.push(TIMEOUT, NO_DESCRIPTOR, address, 1, 0, NO_DESCRIPTOR, this.#high);
  }

  /** The earliest has rung. */
  rang(): void {
    this.#atMs.pop();
  }
}
