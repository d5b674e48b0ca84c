import { setImmediate as turn } from "node:timers/promises";
import type { Clock, Timer } from "#lb/core/clock";

interface Waiting {
  readonly atMs: number;
  readonly fn: () => void;
}

/** A clock that stands still at 0 until a test turns it. */
export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #waiting = new Set<Waiting>();

  now(): number {
    return this.#nowMs;
  }

  read(): number {
    return this.now();
  }

  wallMs(): number {
    return this.#nowMs;
  }

  /** Timers that are set and neither fired nor cancelled. */
  get timers(): number {
    return this.#waiting.size;
  }

  after(ms: number, fn: () => void): Timer {
    const timer = { atMs: this.#nowMs + Math.max(0, ms), fn };
    if (timer.atMs < Infinity) this.#waiting.add(timer);
    return { [Symbol.dispose]: () => void this.#waiting.delete(timer) };
  }

  /** Turns the clock, firing what falls due in order of time, then of setting; also what those timers set in turn. */
  advance(ms: number): void {
    const until = this.#nowMs + ms;
    while (this.#fireNext(until));
    this.#nowMs = until;
  }

  /** Like `advance`, but lets promises and sockets go on before each timer and after the last. */
  async run(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    do await turn();
    while (this.#fireNext(until));
    this.#nowMs = until;
    await turn();
  }

  #fireNext(until: number): boolean {
    let next: Waiting | undefined;
    for (const timer of this.#waiting) {
      if (timer.atMs <= until && timer.atMs < (next?.atMs ?? Infinity)) next = timer;
    }
    if (next === undefined) return false;
    this.#waiting.delete(next);
    this.#nowMs = next.atMs;
    next.fn();
    return true;
  }
}
