import type { ChartConfiguration } from "chart.js";
import { highestPercentile, percentileName, quantile } from "../quantile.ts";
import { axis, frame, lineOf, ticks } from "./frame.ts";
import { lineLegend } from "./legend.ts";
import { readable } from "./numbers.ts";
import type { Run } from "./run.ts";
import { type Slot, slotsOf, slotWidthMs } from "./slots.ts";

const MARKERS_PER_LINE = 6;

/** Throughput (above) and the slowest answers (below) over the time since the start; repeats are laid over one another. */
export function timeline(runs: readonly Run[], caption: readonly string[]): ChartConfiguration<"line"> {
  const widthMs = slotWidthMs(runs);
  const slotted = runs.map((run) => ({ run, slots: slotsOf(run, widthMs) }));
  const q = bearable(slotted.map(({ slots }) => slots));
  const above = slotted.map(({ run, slots }) => ({
    ...lineIn("rate", run, slots, ({ ratePerSec }) => ratePerSec),
    label: run.label,
  }));
  const below = slotted.map(({ run, slots }) =>
    lineIn("slow", run, slots, ({ responseMs }) => quantile(responseMs, q)),
  );
  return {
    type: "line",
    data: { datasets: [...above, ...below] },
    options: {
      ...frame("Do throughput and response time hold over time?", caption),
      scales: {
        x: {
          ...axis(
            `seconds since the start, in steps of ${readable(widthMs / 1000)} s; a line ends with its requests`,
            true,
          ),
          type: "linear",
          min: 0,
        },
        slow: panel(`response time, ${percentileName(q)} (ms)`),
        between: {
          ...panel(""),
          stackWeight: 0.12,
          display: true,
          ticks: { display: false },
          grid: { display: false },
        },
        rate: panel("answers per second"),
      },
    },
    plugins: [lineLegend],
  };
}

/** The highest percentile, up to p99, that the usual slot of every run can bear. */
function bearable(lines: readonly (readonly Slot[])[]): number {
  const usual = lines.map((slots) => slots.map(({ responseMs }) => responseMs.length).sort((a, b) => a - b));
  const sizes = usual.flatMap((lengths) => lengths[lengths.length >> 1] ?? []);
  return highestPercentile(Math.min(...sizes)) ?? 0.5;
}

function lineIn(panel: string, run: Run, slots: readonly Slot[], value: (slot: Slot) => number) {
  const points = slots.map((slot) => ({ x: slot.atMs / 1000, y: value(slot) }));
  const every = Math.max(1, Math.round(points.length / MARKERS_PER_LINE));
  const marked = points.flatMap((_, i) => (i % every === 0 ? i : []));
  return { ...lineOf(run, "", points, new Set(marked)), yAxisID: panel };
}

function panel(title: string) {
  return {
    ...axis(title, true),
    type: "linear" as const,
    axis: "y" as const,
    position: "left" as const,
    stack: "panels",
    stackWeight: 1,
    beginAtZero: true,
    grace: "8%",
    ticks: { ...ticks(readable), maxTicksLimit: 6 },
  };
}
