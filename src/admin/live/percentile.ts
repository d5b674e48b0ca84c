import { type Scale, scales } from "../../contract/histogram.ts";

/**
 * The time in milliseconds below which that part of the observations lies, 0 to 1, spread evenly within their range as
 * Prometheus does it; what is above the last bound counts as that. Null where there are none.
 */
export function percentileMs(scale: Scale, counts: readonly number[], part: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let below = 0;
  let lower = 0;
  for (const [index, upper] of scales[scale].entries()) {
    const count = counts[index] as number;
    if (count > 0 && below + count >= part * total) {
      const inside = Math.max(0, part * total - below) / count;
      return rounded((lower + (upper - lower) * inside) * 1_000);
    }
    below += count;
    lower = upper;
  }
  return rounded(lower * 1_000);
}

function rounded(ms: number): number {
  return Number(ms.toPrecision(3));
}
