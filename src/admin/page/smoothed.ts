/** How long it takes until a new rate counts for two thirds. */
const SMOOTH_SEC = 3;
/** A smoothed rate never quite ends; this is the least that is shown. */
const LEAST_PER_SEC = 0.05;

/** How many a second, smoothed over some seconds; as if there had been none before it was known. */
export class Smoothed {
  #smoothed = 0;
  #knownSec: number;

  /** `knownSec`: for how long there is known to have been none. */
  constructor(knownSec = 0) {
    this.#knownSec = knownSec;
  }

  /** Undefined until something is known. */
  get perSec(): number | undefined {
    if (this.#knownSec === 0) return undefined;
    const perSec = this.#smoothed / (1 - Math.exp(-this.#knownSec / SMOOTH_SEC));
    return perSec < LEAST_PER_SEC ? 0 : perSec;
  }

  /** So many came in the last `seconds`. */
  add(count: number, seconds: number): void {
    this.#knownSec += seconds;
    this.#smoothed += (count / seconds - this.#smoothed) * (1 - Math.exp(-seconds / SMOOTH_SEC));
  }
}
