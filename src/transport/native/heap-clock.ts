// The global of that name is a getter, and costs as much as the clock.
import { performance } from "node:perf_hooks";
import { type Clock, never, putOffMs, type Timer } from "../../core/clock.ts";
import { type Due, DueHeap } from "../../core/due-heap.ts";

/**
 * A Clock of a loop of its own, which asks what is due, and waits no longer than until the next timer. It shows the time at which it
 * was read last: to read it for each thing that a session notes costs more than all the notes.
 */
export class HeapClock implements Clock {
  readonly #read: () => number;
  readonly #timers = new DueHeap<HeapTimer>();
  #nowMs: number;

  constructor(read: () => number = () => performance.now()) {
    this.#read = read;
    this.#nowMs = read();
  }

  now(): number {
    return this.#nowMs;
  }

  /** Reads the time, which is shown from then on; the loop does so when it has waited, and when it has run what others left it. */
  read(): number {
    this.#nowMs = this.#read();
    return this.#nowMs;
  }

  wallMs(): number {
    return Date.now();
  }

  after(ms: number, fn: () => void): Timer {
    // No timer is early by what its step has taken so far.
    return ms === Infinity ? never : new HeapTimer(this.#timers, this.read(), ms, fn);
  }

  /** When the next timer falls due; Infinity where there is none. */
  get dueAtMs(): number {
    return this.#timers.first?.atMs ?? Infinity;
  }

  /**
   * Takes away the timer that is due before all others, and fires it unless the process stood still meanwhile; false where none
   * is due.
   */
  fire(nowMs: number): boolean {
    const { first } = this.#timers;
    if (first === undefined || first.atMs > nowMs) return false;
    first.fire(nowMs);
    return true;
  }
}

class HeapTimer implements Timer, Due {
  seat = -1;
  turn = 0;
  atMs: number;
  readonly #heap: DueHeap<HeapTimer>;
  readonly #fn: () => void;
  /** What it waits at most where the process stood still; 0 once it has. */
  #putOffMs: number;

  constructor(heap: DueHeap<HeapTimer>, nowMs: number, ms: number, fn: () => void) {
    this.#heap = heap;
    this.#fn = fn;
    this.#putOffMs = Math.max(0, ms);
    this.atMs = nowMs + this.#putOffMs;
    heap.add(this);
  }

  [Symbol.dispose](): void {
    this.#heap.delete(this);
  }

  fire(nowMs: number): void {
    this.#heap.delete(this);
    const moreMs = putOffMs(this.#putOffMs, nowMs - this.atMs);
    if (moreMs === 0) this.#fn();
    else this.#again(nowMs + moreMs);
  }

  #again(atMs: number): void {
    this.#putOffMs = 0;
    this.atMs = atMs;
    this.#heap.add(this);
  }
}
