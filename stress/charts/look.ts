import type { PointStyle } from "chart.js";

/** How one run is drawn in every chart: told apart by colour, and without colour by dash and marker. */
export interface Look {
  readonly colour: string;
  readonly dash: readonly number[];
  readonly marker: PointStyle;
}

// Okabe and Ito, "Color Universal Design" (2008): told apart under every common colour blindness. Grey comes first, for the
// run the others are measured against; the palette's yellow is left out, it is too faint on white.
const COLOURS = ["#4d4d4d", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;
const DASHES = [[], [10, 4], [3, 3], [14, 4, 3, 4], [6, 3, 3, 3]] as const;
const MARKERS = ["circle", "triangle", "rect", "rectRot", "crossRot", "star"] as const;

/** The look of run number `index`; they repeat after 210 runs. */
export function lookOf(index: number): Look {
  return {
    colour: at(COLOURS, index),
    dash: at(DASHES, index),
    marker: at(MARKERS, index),
  };
}

function at<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}

/** The colour with an opacity from 0 to 1. */
export function faint(colour: string, opacity: number): string {
  const alpha = Math.round(opacity * 255);
  return `${colour}${alpha.toString(16).padStart(2, "0")}`;
}
