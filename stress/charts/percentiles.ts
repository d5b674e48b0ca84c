import type { ChartConfiguration } from "chart.js";
import { deepestShare, highestPercentile, percent, percentileName, quantile } from "../quantile.ts";
import { axis, frame, lineOf, ticks } from "./frame.ts";
import { lineLegend } from "./legend.ts";
import { faint } from "./look.ts";
import { readable, readableMs } from "./numbers.ts";
import type { Run } from "./run.ts";

/** Points per decade of the axis: enough that a step in the data is a step in the picture. */
const PER_DECADE = 100;
const MARKED = [0, 0.5, 0.9, 0.99, 0.999, 0.9999];

/**
 * Response time by percentile. The axis is logarithmic in 1 / (1 - percentile), as in the plots of HdrHistogram (G. Tene):
 * each step to the right is ten times rarer. A line ends where fewer than ten samples lie beyond. Thin lines are the single repeats.
 */
export function percentiles(runs: readonly Run[], caption: readonly string[]): ChartConfiguration<"line"> {
  const repeats = runs.flatMap((run) => (run.repeats.length > 1 ? run.repeats.map(thinLine(run)) : []));
  const thin = repeats.length > 0 ? "; thin lines: single repeats" : "";
  const right = Math.max(10, ...runs.map(({ responseMs }) => rarity(deepestShare(responseMs.length))));
  return {
    type: "line",
    data: { datasets: [...runs.map(line), ...repeats] },
    options: {
      ...frame("How long do the slowest requests wait?", caption),
      scales: {
        x: {
          ...axis(`share of the requests that waited no longer (log scale of the others${thin})`, true),
          type: "logarithmic",
          min: 1,
          max: right,
          afterBuildTicks: (scale) => {
            scale.ticks = MARKED.map((q) => ({ value: rarity(q) })).filter(
              ({ value }) => value <= right * 1.001,
            );
          },
          ticks: ticks((value) => `${percent(1 - 1 / value)} %`),
        },
        y: {
          ...axis("response time (ms)", true),
          type: "linear",
          beginAtZero: true,
          ticks: ticks(readable),
        },
      },
    },
    plugins: [lineLegend],
  };
}

function line(run: Run) {
  const points = curve(run.responseMs);
  const marked = MARKED.slice(1).map((q) => points.findIndex(({ x }) => x >= rarity(q) * 0.999));
  return lineOf(run, label(run), points, new Set(marked));
}

function label({ label, responseMs }: Run): string {
  const q = highestPercentile(responseMs.length);
  if (q === undefined) return `${label}: too few answers`;
  return `${label}: ${percentileName(q)} ${readableMs(quantile(responseMs, q))}`;
}

function thinLine(run: Run) {
  return (responseMs: Float64Array) => ({
    ...lineOf(run, "", curve(responseMs), new Set()),
    borderColor: faint(run.look.colour, 0.35),
    borderWidth: 1,
    borderDash: [],
  });
}

function curve(responseMs: Float64Array): { x: number; y: number }[] {
  if (responseMs.length === 0) return [];
  const decades = Math.log10(rarity(deepestShare(responseMs.length)));
  const steps = Math.max(0, Math.floor(decades * PER_DECADE + 1e-6));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const x = 10 ** (i / PER_DECADE);
    return { x, y: quantile(responseMs, 1 - 1 / x) };
  });
}

/** One in how many requests is slower. */
function rarity(q: number): number {
  return 1 / (1 - q);
}
