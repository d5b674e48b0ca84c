/** A percentile needs this many samples beyond it; from fewer it would be the luck of one run. */
const SAMPLES_BEYOND = 10;
const USUAL = [0.999, 0.99, 0.95, 0.9, 0.75, 0.5] as const;

/** The value that the share `q` (0 to 1) of ascending samples does not exceed, by nearest rank; NaN of nothing. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  // Rounded before it is rounded up: 0.9 × 10 000 is 9 000.000000000001 for some shares.
  const rank = Math.ceil(Number((q * ascending.length).toFixed(6)));
  return ascending[Math.max(rank - 1, 0)] ?? Number.NaN;
}

/**
 * The same of a few numbers, in any order, which need not be one of them: between its two neighbours in proportion, so that
 * the median of an even number is the middle of the two.
 */
export function interpolated(values: readonly number[], q: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  const at = q * (ascending.length - 1);
  const [low = Number.NaN, high = low] = [ascending[Math.floor(at)], ascending[Math.ceil(at)]];
  return low + (high - low) * (at % 1);
}

/** Whether `n` samples can bear the percentile `q`: ten lie beyond it. */
export function bears(n: number, q: number): boolean {
  // The tolerance is for 1 - 0.9, which is a hair below 0.1.
  return n * (1 - q) >= SAMPLES_BEYOND - 1e-6;
}

/** The largest share that still has ten of `n` samples beyond it; 0 where there are not that many. */
export function deepestShare(n: number): number {
  return Math.max(0, 1 - SAMPLES_BEYOND / n);
}

/** The highest of the usual percentiles up to `most` that `n` samples can bear; `undefined` where none can. */
export function highestPercentile(n: number, most = 0.99): number | undefined {
  return USUAL.find((q) => q <= most && bears(n, q));
}

/** How a percentile is called: 0.5 is "p50", 0.999 is "p99.9". */
export function percentileName(q: number): string {
  return `p${percent(q)}`;
}

/** A share as a percentage without needless digits: 0.5 is "50", 0.999 is "99.9". */
export function percent(q: number): string {
  return String(Number((q * 100).toFixed(4)));
}
