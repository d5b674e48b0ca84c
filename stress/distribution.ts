import { build } from "hdr-histogram-js";
import type { Distribution } from "./results.ts";

/** A percentile needs this many samples beyond it; from fewer it would be the luck of one run. */
export const SAMPLES_BEYOND = 10;
const PER_MILLE = { p50: 500, p75: 750, p90: 900, p95: 950, p99: 990, p999: 999 } as const;
const HIGHEST_US = 2 ** 31;

// One histogram, emptied before each use: making one costs more than filling it. Values keep 3 significant digits.
const histogram = build({
  bitBucketSize: 32,
  highestTrackableValue: HIGHEST_US,
  numberOfSignificantValueDigits: 3,
});

/**
 * The distribution of whole microseconds. A percentile q of n samples is null where n × (1 - q) is below 10
 * (p50 needs 20 samples, p99 1 000, p999 10 000); min, mean and max are exact, and null for no samples.
 */
export function distributionOf(valuesUs: Iterable<number>): Distribution {
  histogram.reset();
  let [n, sum, min, max] = [0, 0, Infinity, 0];
  for (const value of valuesUs) {
    histogram.recordValue(Math.min(value, HIGHEST_US));
    n++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const percentile = (name: keyof typeof PER_MILLE) => {
    const perMille = PER_MILLE[name];
    if (n * (1000 - perMille) < SAMPLES_BEYOND * 1000) return null;
    return Math.min(max, histogram.getValueAtPercentile(perMille / 10));
  };
  return {
    n,
    min: n === 0 ? null : min,
    mean: n === 0 ? null : Math.round((sum / n) * 10) / 10,
    p50: percentile("p50"),
    p75: percentile("p75"),
    p90: percentile("p90"),
    p95: percentile("p95"),
    p99: percentile("p99"),
    p999: percentile("p999"),
    max: n === 0 ? null : max,
  };
}
