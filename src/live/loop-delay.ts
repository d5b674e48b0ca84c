import type { HistogramSample } from "../contract/histogram.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { Histogram } from "./histogram.ts";

const EVERY_MS = 50;

/** Counts how late a timer comes, twenty times a second, until it is disposed of. */
export class LoopDelay implements Disposable {
  readonly #clock: Clock;
  readonly #delays = new Histogram("turn");
  #timer: Timer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = this.#look();
  }

  sample(): HistogramSample {
    return this.#delays.sample();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #look(): Timer {
    const dueMs = this.#clock.read() + EVERY_MS;
    return this.#clock.after(EVERY_MS, () => {
      this.#delays.observe(this.#clock.read() - dueMs);
      this.#timer = this.#look();
    });
  }
}
