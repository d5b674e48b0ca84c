/** How long it takes until a new rate counts for two thirds. */
const SMOOTH_SEC = 3;
/** A smoothed rate never quite ends; this is the least that is shown. */
const LEAST_PER_SEC = 0.05;

/** How many a second, smoothed over some seconds; as if there had been none before it was known. */
export class Smoothed {
  perSec = 0;
  #smoothed = 0;
  #knownSec = 0;

  /** So many came in the last `seconds`. */
  add(count: number, seconds: number): void {
    this.#knownSec += seconds;
    this.#smoothed += (count / seconds - this.#smoothed) * (1 - Math.exp(-seconds / SMOOTH_SEC));
    const perSec = this.#smoothed / (1 - Math.exp(-this.#knownSec / SMOOTH_SEC));
    this.perSec = perSec < LEAST_PER_SEC ? 0 : perSec;
  }
}
