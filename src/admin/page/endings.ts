import type { Ending } from "./wire.ts";

/** The failures of core/ending.ts, whose code no browser is given; a test keeps the two the same. */
const FAILURES: Readonly<Record<Ending, boolean>> = {
  done: false,
  "client-reset": false,
  "backend-reset": true,
  "client-gone": false,
  "no-backend": true,
  "connect-refused": true,
  "connect-timeout": true,
  "connect-failed": true,
  "queue-full": true,
  "queue-timeout": true,
  denied: false,
  "client-limit": false,
  "rate-limited": false,
  "listener-full": true,
  "bad-proxy-header": false,
  idle: false,
  "fin-timeout": false,
  "max-age": false,
  drained: false,
  "backend-down": true,
  rebalanced: false,
  killed: false,
  shutdown: false,
  bug: true,
};

/** How often each word was said. */
export type Tally = { readonly [word in Ending]?: number };

/** Of a tally, the failures and all others, each with the most frequent first. */
export function apart(tally: Tally): Record<"failures" | "others", [Ending, number][]> {
  const entries = (Object.entries(tally) as [Ending, number][]).toSorted(([, one], [, other]) => other - one);
  return {
    failures: entries.filter(([word]) => FAILURES[word]),
    others: entries.filter(([word]) => !FAILURES[word]),
  };
}

/** How many of a tally failed. */
export function failed(tally: Tally): number {
  return apart(tally).failures.reduce((sum, [, count]) => sum + count, 0);
}

/** Tallies added up. */
export function together(tallies: readonly Tally[]): Tally {
  const sum: { [word in Ending]?: number } = {};
  for (const tally of tallies)
    for (const [word, count] of Object.entries(tally) as [Ending, number][])
      sum[word] = (sum[word] ?? 0) + count;
  return sum;
}
