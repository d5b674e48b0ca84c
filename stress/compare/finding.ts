import { readableMs, readableShare } from "../charts/numbers.ts";
import type { Run } from "../charts/run.ts";
import { highestPercentile, percentileName, quantile } from "../quantile.ts";

/** Shares of one server that are closer than this explain nothing. */
const NOTABLE_SHARE = 0.05;

/** From fewer, chance alone puts one run ahead too often. */
const FEWEST_REPEATS = 3;

/** One percentile of two runs, and whether their repeats tell them apart. */
export interface Difference {
  readonly q: number;
  readonly faster: Run;
  readonly slower: Run;
  /** Medians of the repeats, in ms. */
  readonly fasterMs: number;
  readonly slowerMs: number;
  /** From the slowest repeat of the faster run to the fastest of the slower, in ms; below 0 where they overlap. */
  readonly gapMs: number;
  /** The fastest and the slowest of all repeats, in ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /**
   * Whether the gap is wider than the repeats of the steadier run are apart. Of two equal runs that is so in three of a
   * hundred comparisons with 3 repeats, in less than one of a thousand with 5.
   */
  readonly real: boolean;
}

/** Compares a percentile of two runs by their repeats; `undefined` where there are too few answers or repeats to tell. */
export function difference(a: Run, b: Run, most = 0.99): Difference | undefined {
  const smallest = Math.min(...[...a.repeats, ...b.repeats].map(({ length }) => length));
  const q = highestPercentile(smallest, most);
  if (q === undefined || Math.min(a.repeats.length, b.repeats.length) < FEWEST_REPEATS) return undefined;
  const [faster, slower] = [a, b]
    .map((run) => ({ run, spread: spreadOf(run.repeats.map((repeat) => quantile(repeat, q))) }))
    .sort((one, other) => one.spread.median - other.spread.median) as [Measured, Measured];
  const gapMs = slower.spread.min - faster.spread.max;
  return {
    q,
    faster: faster.run,
    slower: slower.run,
    fasterMs: faster.spread.median,
    slowerMs: slower.spread.median,
    gapMs,
    fromMs: Math.min(faster.spread.min, slower.spread.min),
    toMs: Math.max(faster.spread.max, slower.spread.max),
    real: gapMs > Math.min(faster.spread.range, slower.spread.range),
  };
}

interface Measured {
  readonly run: Run;
  readonly spread: ReturnType<typeof spreadOf>;
}

function spreadOf(values: readonly number[]) {
  const sorted = Float64Array.from(values).sort();
  const [min, max] = [quantile(sorted, 0), quantile(sorted, 1)];
  return { min, max, range: max - min, median: quantile(sorted, 0.5) };
}

/** What the numbers say of two runs, in sentences: who is ahead in the tail, by how much, and why, or that neither is. */
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
  if (!tail.real) return [noDifference(tail), ...(middle?.real ? [inTheMiddle(middle)] : [])];
  return [
    ahead(tail),
    ...why(tail),
    ...(middle?.real && middle.faster !== tail.faster ? [inTheMiddle(middle)] : []),
  ];
}

function noDifference({ q, faster, slower, fasterMs, slowerMs, fromMs, toMs }: Difference): string {
  return (
    `No difference in the tail between ${slower.name} and ${faster.name} that the repeats bear out: ` +
    `${percentileName(q)} ${readableMs(slowerMs)} and ${readableMs(fasterMs)} in the median repeat, ` +
    `single repeats from ${readableMs(fromMs)} to ${readableMs(toMs)}.`
  );
}

function ahead({ q, faster, slower, fasterMs, slowerMs, gapMs }: Difference): string {
  return (
    `${faster.name} is ahead of ${slower.name} in the tail: ${percentileName(q)} ${readableMs(fasterMs)} against ` +
    `${readableMs(slowerMs)} in the median repeat, which is ${(slowerMs / fasterMs).toFixed(1)} times as long; ` +
    `every repeat bears it out, by at least ${readableMs(gapMs)}.`
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
