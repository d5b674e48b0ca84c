import type { Chart, Plugin } from "chart.js";
import { INK, inkFont, MUTED } from "./frame.ts";
import { drawMarker } from "./legend.ts";
import type { Run } from "./run.ts";

const LARGEST_PX = 14;
const SMALLEST_PX = 9;
const BESIDE_PX = 12;

/** One bar per value in the run's look; null is no bar. */
export function barsOf(run: Run, data: (number | null)[]) {
  return { label: run.label, data, backgroundColor: run.look.colour, pointStyle: run.look.marker };
}

/**
 * Marks each bar with its run's marker and writes its value over it, where it is wide and high enough for them; where
 * something else stands in the middle of a run's bars, the value is written to the right of that.
 */
export function signedBars(
  runs: readonly Run[],
  format: (value: number) => string,
  taken: (run: Run) => boolean = () => false,
): Plugin<"bar"> {
  return {
    id: "signed-bars",
    afterDatasetsDraw(chart) {
      for (const [index, run] of runs.entries()) {
        for (const bar of drawnBars(chart, index)) {
          if (bar.height > 26 && bar.width > 18) drawMarker(chart.ctx, onBar(run), bar.x, bar.base - 13);
          writeOver(chart.ctx, format(bar.value), bar, taken(run));
        }
      }
    },
  };
}

/** A dashed line across the chart at a value of the y axis, with its meaning, in lines, to the right of it. */
export function levelLine(value: number, meaning: readonly string[]): Plugin<"bar"> {
  return {
    id: "level-line",
    afterDatasetsDraw({ ctx, chartArea, scales }) {
      const y = scales.y?.getPixelForValue(value) ?? 0;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = INK;
      ctx.lineWidth = 1.5;
      ctx.setLineDash([7, 5]);
      ctx.beginPath();
      ctx.moveTo(chartArea.left, y);
      ctx.lineTo(chartArea.right, y);
      ctx.stroke();
      ctx.font = inkFont(14);
      ctx.fillStyle = MUTED;
      ctx.textBaseline = "middle";
      for (const [i, line] of meaning.entries()) {
        ctx.fillText(line, chartArea.right + 8, y + (i - (meaning.length - 1) / 2) * 18);
      }
      ctx.restore();
    },
  };
}

interface DrawnBar {
  readonly value: number;
  readonly x: number;
  readonly y: number;
  readonly base: number;
  readonly width: number;
  readonly height: number;
}

/** The bars of a dataset that have a value, where they stand in the picture. */
export function drawnBars(chart: Chart<"bar">, dataset: number): DrawnBar[] {
  const values = chart.data.datasets[dataset]?.data ?? [];
  return chart.getDatasetMeta(dataset).data.flatMap((bar, i) => {
    const value = values[i];
    const box = bar.getProps(["x", "y", "base", "width", "height"], true) as unknown as Omit<
      DrawnBar,
      "value"
    >;
    return typeof value === "number" ? { value, ...box } : [];
  });
}

function onBar(run: Run) {
  return { colour: "#ffffff", marker: run.look.marker };
}

/** In the largest type in which it is no wider than its room; not at all where that is too small to read. */
function writeOver(ctx: Chart["ctx"], text: string, { x, y, width }: DrawnBar, beside: boolean): void {
  const room = beside ? width / 2 - BESIDE_PX : width;
  ctx.save();
  ctx.font = inkFont(LARGEST_PX, 600);
  const sizePx = Math.min(LARGEST_PX, Math.floor((LARGEST_PX * room) / ctx.measureText(text).width));
  ctx.font = inkFont(sizePx, 600);
  ctx.fillStyle = INK;
  ctx.textAlign = beside ? "left" : "center";
  ctx.textBaseline = "bottom";
  if (sizePx >= SMALLEST_PX) ctx.fillText(text, beside ? x + BESIDE_PX : x, y - 5);
  ctx.restore();
}
