import { bears, quantile } from "./quantile.ts";
import type { Distribution } from "./results.ts";

/**
 * The distribution of microseconds. A percentile q of n samples is null where n × (1 - q) is below 10 (p50 needs 20 samples,
 * p99 1 000, p999 10 000); min, mean and max are null for no samples.
 */
export function distributionOf(valuesUs: Iterable<number>): Distribution {
  const ascending = Float64Array.from(valuesUs).sort();
  const n = ascending.length;
  const percentile = (q: number) => (bears(n, q) ? quantile(ascending, q) : null);
  const sum = ascending.reduce((total, value) => total + value, 0);
  return {
    n,
    min: ascending[0] ?? null,
    mean: n === 0 ? null : Math.round((sum / n) * 10) / 10,
    p50: percentile(0.5),
    p75: percentile(0.75),
    p90: percentile(0.9),
    p95: percentile(0.95),
    p99: percentile(0.99),
    p999: percentile(0.999),
    max: ascending.at(-1) ?? null,
  };
}
