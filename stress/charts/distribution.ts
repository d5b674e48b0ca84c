import type { ChartConfiguration } from "chart.js";
import { quantile } from "../quantile.ts";
import { axis, frame, lineOf, ticks } from "./frame.ts";
import { lineLegend } from "./legend.ts";
import { readable, readableMs } from "./numbers.ts";
import type { Run } from "./run.ts";

const STEPS = 500;
const MARKED = [0.1, 0.5, 0.9];

/** The share of requests answered within a time (the cumulative distribution), over a logarithmic axis of time. */
export function distribution(runs: readonly Run[], caption: readonly string[]): ChartConfiguration<"line"> {
  return {
    type: "line",
    data: { datasets: runs.map(line) },
    options: {
      ...frame("How many requests are answered within a given time?", caption),
      scales: {
        x: {
          ...axis("response time (ms, log scale)", true),
          type: "logarithmic",
          ...bounds(runs),
          afterBuildTicks: (scale) => {
            scale.ticks = roundNumbers(scale.min, scale.max).map((value) => ({ value }));
          },
          ticks: ticks(readable),
        },
        y: {
          ...axis("requests answered by then (%)", true),
          type: "linear",
          min: 0,
          max: 100,
          ticks: { ...ticks(), stepSize: 10 },
        },
      },
    },
    plugins: [lineLegend],
  };
}

function line(run: Run) {
  const points = Array.from({ length: run.responseMs.length === 0 ? 0 : STEPS + 1 }, (_, i) => ({
    x: quantile(run.responseMs, i / STEPS),
    y: (i / STEPS) * 100,
  }));
  const name = `${run.label}: half within ${readableMs(quantile(run.responseMs, 0.5))}`;
  return lineOf(run, name, points, new Set(MARKED.map((q) => q * STEPS)));
}

function bounds(runs: readonly Run[]): { min: number; max: number } {
  const filled = runs.filter(({ responseMs }) => responseMs.length > 0);
  const lowest = Math.min(...filled.map(({ responseMs }) => responseMs[0] as number));
  const highest = Math.max(...filled.map(({ responseMs }) => responseMs.at(-1) as number));
  if (filled.length === 0) return { min: 1, max: 10 };
  // A logarithmic axis has no zero; below a hundredth of a millisecond nothing is measured.
  return { min: Math.max(lowest, 0.01) * 0.9, max: Math.max(highest, 0.02) * 1.1 };
}

/** 1, 2 and 5 times the powers of ten within bounds, or only the powers where that would be too many. */
function roundNumbers(min: number, max: number): number[] {
  const powers = Array.from({ length: 16 }, (_, i) => 10 ** (i - 4));
  const digits = max / min > 2_000 ? [1] : [1, 2, 5];
  return powers.flatMap((power) => digits.map((digit) => digit * power)).filter((n) => n >= min && n <= max);
}
