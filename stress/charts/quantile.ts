import { SAMPLES_BEYOND } from "../distribution.ts";

const USUAL = [0.999, 0.99, 0.95, 0.9, 0.75, 0.5] as const;

/** The value that the share `q` (0 to 1) of ascending samples does not exceed, by nearest rank; NaN of nothing. */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  // Rounded before it is rounded up: 0.9 × 10 000 is 9 000.000000000001 for some shares.
  const rank = Math.ceil(Number((q * ascending.length).toFixed(6)));
  return ascending[Math.max(rank - 1, 0)] ?? Number.NaN;
}

/** The largest share that still has ten of `n` samples beyond it; 0 where there are not that many. */
export function deepestShare(n: number): number {
  return Math.max(0, 1 - SAMPLES_BEYOND / n);
}

/** The highest of the usual percentiles up to `most` that `n` samples can bear; `undefined` where none can. */
export function highestPercentile(n: number, most = 0.99): number | undefined {
  // The tolerance is for 1 - 10 / 1000, which is a hair below 0.99.
  return USUAL.find((q) => q <= most && q <= deepestShare(n) + 1e-9);
}

/** How a percentile is called: 0.5 is "p50", 0.999 is "p99.9". */
export function percentileName(q: number): string {
  return `p${percent(q)}`;
}

/** A share as a percentage without needless digits: 0.5 is "50", 0.999 is "99.9". */
export function percent(q: number): string {
  return String(Number((q * 100).toFixed(4)));
}
