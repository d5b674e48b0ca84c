import type { ChartOptions } from "chart.js";
import { FONT } from "./fonts.ts";
import { WIDTH } from "./paper.ts";
import type { Run } from "./run.ts";

export const INK = "#1f2328";
export const MUTED = "#59636e";
const GRID = "#e6e9ed";
const PADDING = { top: 16, right: 36, bottom: 14, left: 18 };
/** Room to the right of a chart for the meaning of a level. */
export const WIDE_MARGIN = 96;
/** The size of a caption's text, and the room for a line of it in every chart. */
export const CAPTION_PX = 13;
export const LINE_WIDTH = WIDTH - PADDING.left - WIDE_MARGIN;

type Weight = 400 | 600;
const text = (size: number, weight: Weight = 400) => ({ family: FONT, size, weight });

/** What all charts have in common: the question as title, the caption under it, room around. */
export function frame(question: string, caption: readonly string[]) {
  return {
    layout: { padding: { ...PADDING } },
    plugins: {
      title: {
        display: true,
        align: "start",
        text: question,
        color: INK,
        font: text(24, 600),
        padding: { bottom: 6 },
      },
      subtitle: {
        display: true,
        align: "start",
        text: [...caption],
        color: MUTED,
        font: text(CAPTION_PX),
        padding: 0,
      },
      legend: { align: "start", labels: { color: INK, font: text(15), padding: 16, usePointStyle: true } },
      tooltip: { enabled: false },
    },
  } satisfies ChartOptions;
}

/** An axis, its title with the unit; grid lines are for the axis that values are read from. */
export function axis(title: string, grid: boolean) {
  return {
    title: { display: true, text: title, color: INK, font: text(14, 600), padding: 6 },
    ticks: ticks(),
    grid: { color: GRID, display: grid, drawTicks: false },
    border: { display: false },
  };
}

/** How the numbers along an axis are set; `format` turns a value into its text. */
export function ticks(format?: (value: number) => string) {
  return {
    color: MUTED,
    font: text(14),
    padding: 6,
    maxRotation: 40,
    ...(format && { callback: (value: number | string) => format(Number(value)) }),
  };
}

/** A line in the run's look, with its marker at the points of these indexes; one without a label is not in the legend. */
export function lineOf(
  run: Run,
  label: string,
  data: { readonly x: number; readonly y: number }[],
  markers: ReadonlySet<number>,
) {
  const { colour, dash, marker } = run.look;
  return {
    label,
    data,
    clip: 6,
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: 3,
    borderDash: [...dash],
    pointStyle: marker,
    pointBorderWidth: 2,
    pointRadius: data.map((_, i) => (markers.has(i) ? 6 : 0)),
  };
}

/** The font of what a chart draws itself, such as the value on a bar. */
export function inkFont(size: number, weight: Weight = 400): string {
  return `${weight} ${size}px ${FONT}`;
}
