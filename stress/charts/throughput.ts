import type { Chart, ChartConfiguration, Plugin } from "chart.js";
import { barsOf, drawnBars, signedBars } from "./bars.ts";
import { axis, frame, INK, ticks } from "./frame.ts";
import { barLegend } from "./legend.ts";
import { readable } from "./numbers.ts";
import type { Run } from "./run.ts";
import { endsMs } from "./slots.ts";

/** Answered requests per second, one bar per run; the whisker goes from the slowest repeat to the fastest. */
export function throughput(runs: readonly Run[], caption: readonly string[]): ChartConfiguration<"bar"> {
  const repeated = runs.some(({ repeats }) => repeats.length > 1);
  return {
    type: "bar",
    data: {
      labels: runs.map(({ label }) => label),
      datasets: runs.map((run, index) =>
        barsOf(
          run,
          runs.map((_, i) => (i === index ? run.results.ratePerSec.completed : null)),
        ),
      ),
    },
    options: {
      ...frame("How many requests are answered per second?", caption),
      datasets: { bar: { grouped: false, maxBarThickness: 180 } },
      scales: {
        x: {
          ...axis(repeated ? "run (whisker: from its slowest repeat to its fastest)" : "run", false),
          type: "category",
        },
        y: {
          ...axis("answered requests per second", true),
          beginAtZero: true,
          // The axis covers the whiskers too, of which it knows nothing.
          suggestedMax: Math.max(0, ...runs.flatMap(ratesOf)),
          grace: "10%",
          ticks: ticks(readable),
        },
      },
    },
    plugins: [barLegend, whiskers(runs), signedBars(runs, readable, (run) => ratesOf(run).length > 0)],
  };
}

/** Answers per second of each repeat, from its start to its last answer; none where there was one repeat only. */
function ratesOf(run: Run): number[] {
  if (run.repeats.length < 2) return [];
  const ends = endsMs(run);
  return run.repeats.map(({ length }, i) => (length === 0 ? 0 : (length / (ends[i] as number)) * 1000));
}

function whiskers(runs: readonly Run[]): Plugin<"bar"> {
  return {
    id: "whiskers",
    afterDatasetsDraw(chart) {
      const pixel = (rate: number) => chart.scales.y?.getPixelForValue(rate) ?? 0;
      for (const [index, run] of runs.entries()) {
        const rates = ratesOf(run);
        if (rates.length === 0) continue;
        const [low, high] = [pixel(Math.min(...rates)), pixel(Math.max(...rates))];
        for (const { x } of drawnBars(chart, index)) whisker(chart.ctx, x, low, high);
      }
    },
  };
}

function whisker(ctx: Chart["ctx"], x: number, low: number, high: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.moveTo(x, low);
  ctx.lineTo(x, high);
  for (const y of [low, high]) {
    ctx.moveTo(x - 8, y);
    ctx.lineTo(x + 8, y);
  }
  // White below the ink, so that it is seen on a dark bar too.
  for (const [colour, width] of [
    ["#ffffff", 5],
    [INK, 2],
  ] as const) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke();
  }
  ctx.restore();
}
