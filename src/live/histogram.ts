import { type HistogramSample, type Scale, scales } from "../contract/histogram.ts";

/** The bounds of each scale in milliseconds, which is what clocks tell. */
const boundsMs = new Map(
  Object.entries(scales).map(([name, bounds]) => [name, Float64Array.from(bounds, (bound) => bound * 1000)]),
);

/**
 * Counts how often times fell into each range of a scale, in one row of numbers: an observation is a binary search and two
 * additions, and makes no object.
 */
export class Histogram {
  readonly #bounds: Float64Array;
  /** One count for each bound, one for what is above them all, and the sum in milliseconds. */
  readonly #row: Float64Array;

  constructor(scale: Scale) {
    this.#bounds = boundsMs.get(scale) as Float64Array;
    this.#row = new Float64Array(this.#bounds.length + 2);
  }

  /** Counts one time; one below zero, as after a clock was set back, counts as zero. */
  observe(ms: number): void {
    const [bounds, row] = [this.#bounds, this.#row];
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ms > (bounds[middle] as number)) low = middle + 1;
      else high = middle;
    }
    (row[low] as number)++;
    if (ms > 0) (row[row.length - 1] as number) += ms;
  }

  /** What was counted so far. */
  sample(): HistogramSample {
    const last = this.#row.length - 1;
    return { counts: Array.from(this.#row.subarray(0, last)), sumSec: (this.#row[last] as number) / 1000 };
  }
}
