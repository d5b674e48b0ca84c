import { table } from "../../clients/table.ts";
import type { Run } from "../charts/run.ts";
import { highestPercentile, quantile } from "../quantile.ts";

const SHOWN = [0.5, 0.9, 0.99];
const HEAD = ["run", "requests", "errors", "req/s", "p50 ms", "p90 ms", "p99 ms"];

/**
 * One line per run, and below them what the columns mean; the last ones are p50 and p99 as multiples of the first run's.
 * "-": too few answers to tell.
 */
export function summaryOf(runs: readonly Run[]): string {
  const reference = runs[0] as Run;
  return `${rows(runs, reference)}\n\n${meaning(reference)}`;
}

function meaning({ name }: Run): string {
  return (
    "The table's percentiles are over all repeats together; the sentences below compare median repeats.\n" +
    `p50/${name}: as a multiple of ${name}'s, which is one server alone, so several servers may well be below 1.`
  );
}

function rows(runs: readonly Run[], reference: Run): string {
  return table(
    [...HEAD, `p50/${reference.name}`, `p99/${reference.name}`],
    runs.map((run) => {
      const { counts, ratePerSec } = run.results;
      return [
        run.label,
        String(counts.ok + counts.failed),
        String(counts.failed),
        ratePerSec.completed.toFixed(0),
        ...SHOWN.map((q) => fixed(percentile(run, q), 1)),
        ...[0.5, 0.99].map((q) => fixed(percentile(run, q) / percentile(reference, q), 2)),
      ];
    }),
  );
}

function percentile({ responseMs }: Run, q: number): number {
  return highestPercentile(responseMs.length, q) === q ? quantile(responseMs, q) : Number.NaN;
}

function fixed(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : "-";
}
