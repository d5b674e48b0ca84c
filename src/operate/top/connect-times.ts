/** How many dials of a pool came through, by the upper bound of the time that they took, in seconds, ascending; cumulative. */
export type Dials = readonly (readonly [upToSec: number, count: number])[];

const BUCKET = /^lb_pool_connect_duration_seconds_bucket\{(.*)\} (\S+)$/gm;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/** What a text of GET /metrics says of dials, by pool. */
export function dialsIn(metrics: string): ReadonlyMap<string, Dials> {
  const found = new Map<string, [number, number][]>();
  for (const [, labels = "", count = ""] of metrics.matchAll(BUCKET)) {
    const { pool, le } = Object.fromEntries(
      [...labels.matchAll(LABEL)].map(([, name, value = ""]) => [name, unescaped(value)]),
    );
    if (pool === undefined || le === undefined) continue;
    const buckets = found.get(pool) ?? [];
    found.set(pool, buckets);
    buckets.push([le === "+Inf" ? Infinity : Number(le), Number(count)]);
  }
  return found;
}

function unescaped(value: string): string {
  return value.replace(/\\[n"\\]/g, (each) => ESCAPES[each] as string);
}

/** The middle, and the time that one dial of a hundred takes longer than, in milliseconds; undefined where there was no dial. */
export interface ConnectTimes {
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Of the dials between two looks, spread evenly within their range as Prometheus does it. */
export function connectTimes(before: Dials, now: Dials): ConnectTimes {
  const grown = now.map(([upToSec, count], at) => [upToSec, count - (before[at]?.[1] ?? 0)] as const);
  // A balancer that was started anew has counted less than before.
  if (grown.some(([, count]) => count < 0)) return { p50Ms: undefined, p99Ms: undefined };
  return { p50Ms: percentileMs(grown, 0.5), p99Ms: percentileMs(grown, 0.99) };
}

function percentileMs(dials: Dials, part: number): number | undefined {
  const total = dials.at(-1)?.[1] ?? 0;
  if (!(total > 0)) return undefined;
  const at = dials.findIndex(([, count]) => count >= part * total);
  const [lowerSec, below] = dials[at - 1] ?? [0, 0];
  const [upperSec, count] = dials[at] as Dials[number];
  if (upperSec === Infinity) return lowerSec * 1_000;
  return (lowerSec + ((upperSec - lowerSec) * (part * total - below)) / (count - below)) * 1_000;
}
