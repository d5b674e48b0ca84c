import { readableMs, readableShare } from "../charts/numbers.ts";
import { highestPercentile, percentileName, quantile } from "../charts/quantile.ts";
import type { Run } from "../charts/run.ts";

/** Shares of one server that are closer than this explain nothing. */
const NOTABLE_SHARE = 0.05;

/** One percentile of two runs, and whether their repeats tell them apart. */
export interface Difference {
  readonly q: number;
  readonly faster: Run;
  readonly slower: Run;
  /** Medians of the repeats, in ms. */
  readonly fasterMs: number;
  readonly slowerMs: number;
  /** How far apart the repeats of one run were, at most, in ms. */
  readonly spreadMs: number;
  /** Whether the runs are further apart than their own repeats. */
  readonly real: boolean;
}

/** Compares a percentile of two runs by their repeats; `undefined` where there are too few answers or repeats to tell. */
export function difference(a: Run, b: Run, most = 0.99): Difference | undefined {
  const repeats = [...a.repeats, ...b.repeats];
  const q = highestPercentile(Math.min(...repeats.map(({ length }) => length)), most);
  if (q === undefined || a.repeats.length < 2 || b.repeats.length < 2) return undefined;
  const [ofA, ofB] = [a, b].map((run) =>
    run.repeats.map((repeat) => quantile(repeat, q)).sort(ascending),
  ) as [number[], number[]];
  const [midA, midB] = [quantile(ofA, 0.5), quantile(ofB, 0.5)];
  const spreadMs = Math.max(range(ofA), range(ofB));
  const ahead = midA <= midB;
  return {
    q,
    faster: ahead ? a : b,
    slower: ahead ? b : a,
    fasterMs: Math.min(midA, midB),
    slowerMs: Math.max(midA, midB),
    spreadMs,
    real: Math.abs(midA - midB) > spreadMs,
  };
}

/** What the numbers say of two runs, in sentences: who is ahead in the tail, by how much, and why, or that nobody is. */
export function findingOf(a: Run, b: Run): string[] {
  const doubtful = [a, b].filter(({ results }) => results.status !== "valid");
  if (doubtful.length > 0) {
    return doubtful.map(
      ({ name, results }) => `Nothing can be said of ${name}: ${results.invalidReasons.join("; ")}.`,
    );
  }
  const tail = difference(a, b);
  if (tail === undefined) {
    return [`${a.name} and ${b.name}: too few answers or repeats to tell a difference from chance.`];
  }
  const middle = difference(a, b, 0.5);
  if (!tail.real) return [...noDifference(tail), ...(middle?.real ? [inTheMiddle(middle)] : [])];
  return [
    ahead(tail),
    ...why(tail),
    ...(middle?.real && middle.faster !== tail.faster ? [inTheMiddle(middle)] : []),
  ];
}

function noDifference({ q, faster, slower, fasterMs, slowerMs, spreadMs }: Difference): string[] {
  return [
    `No difference in the tail between ${slower.name} and ${faster.name}: their ${percentileName(q)} of ` +
      `${readableMs(slowerMs)} and ${readableMs(fasterMs)} in the median repeat are no further apart than repeats of one run (${readableMs(spreadMs)}).`,
  ];
}

function ahead({ q, faster, slower, fasterMs, slowerMs, spreadMs }: Difference): string {
  return (
    `${faster.name} is ahead of ${slower.name} in the tail: ${percentileName(q)} ${readableMs(fasterMs)} against ` +
    `${readableMs(slowerMs)} in the median repeat, which is ${(slowerMs / fasterMs).toFixed(1)} times as long; repeats of one run differ by up to ${readableMs(spreadMs)}.`
  );
}

/** The server on which requests of the slower run waited longest, where the faster run sent it a smaller share. */
function why({ faster, slower }: Difference): string[] {
  const busiest = slower.results.perServer
    .filter(({ p50 }) => p50 !== null)
    .toSorted((one, other) => (other.p50 as number) - (one.p50 as number))[0];
  if (busiest === undefined) return [];
  const { server, share, p50 } = busiest;
  const gentler = faster.results.perServer.find((entry) => entry.server === server);
  if (share - (gentler?.share ?? 0) < NOTABLE_SHARE) return [];
  const gently = gentler?.p50 ? `, ${readableMs(gentler.p50 / 1000)} under ${faster.name}` : "";
  return [
    `Why: ${slower.name} sent ${server} ${readableShare(share)} of the requests, ` +
      `${faster.name} ${readableShare(gentler?.share ?? 0)}; half of those waited ` +
      `${readableMs((p50 as number) / 1000)} or more under ${slower.name}${gently}.`,
  ];
}

function inTheMiddle({ q, faster, fasterMs, slowerMs }: Difference): string {
  return `In the middle ${faster.name} is ahead: ${percentileName(q)} ${readableMs(fasterMs)} against ${readableMs(slowerMs)}.`;
}

function range(sorted: readonly number[]): number {
  return (sorted.at(-1) as number) - (sorted[0] as number);
}

function ascending(a: number, b: number): number {
  return a - b;
}
