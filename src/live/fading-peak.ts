/** Within this time, what is not confirmed by a new sample loses half of its weight. */
const HALF_LIFE_MS = 2_000;
const RATE_PER_MS = Math.LN2 / HALF_LIFE_MS;

/**
 * An average that jumps up to each new peak at once, comes down slowly, and fades while nothing is observed, so that
 * what was slow is tried again one day (Twitter Finagle's Peak EWMA, also of tower and linkerd).
 */
export class FadingPeak {
  #value = 0;
  #atMs = 0;

  /** Takes a sample in at the time `nowMs`. */
  observe(sample: number, nowMs: number): void {
    this.#value = sample < this.#value ? sample + (this.#value - sample) * this.#kept(nowMs) : sample;
    this.#atMs = nowMs;
  }

  /** The average as it has faded by `nowMs`; 0 before the first sample. */
  at(nowMs: number): number {
    return this.#value === 0 ? 0 : this.#value * this.#kept(nowMs);
  }

  #kept(nowMs: number): number {
    return Math.exp((this.#atMs - nowMs) * RATE_PER_MS);
  }
}
