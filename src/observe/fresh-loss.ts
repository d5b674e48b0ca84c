import type { Clock } from "../core/clock.ts";

/** How long a loss is news. */
const FRESH_MS = 60_000;

/** Knows whether what is lost for good, and only counted, became more within the last minute, or since it was looked at last. */
export class FreshLoss {
  readonly #clock: Clock;
  #lost = 0;
  #atMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `lost`: how much it is by now. */
  isFresh(lost: number): boolean {
    const nowMs = this.#clock.now();
    if (lost > this.#lost) this.#atMs = nowMs;
    this.#lost = lost;
    return nowMs - this.#atMs < FRESH_MS;
  }
}
