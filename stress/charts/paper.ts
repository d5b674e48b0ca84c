import type { ChartConfiguration } from "chart.js";
import { ChartJSNodeCanvas } from "chartjs-node-canvas";
import { registerFonts } from "./fonts.ts";

/** How wide a chart is. */
export const WIDTH = 1120;
const HEIGHT = 630;

/** Draws one chart and gives its PNG, at two pixels per unit; `extraPx` is height for a long caption and legend. */
export function draw(chart: ChartConfiguration, extraPx = 0): Buffer {
  registerFonts();
  const paper = new ChartJSNodeCanvas({
    width: WIDTH,
    height: HEIGHT + extraPx,
    backgroundColour: "#ffffff",
  });
  // The canvas package answers synchronous calls only.
  return paper.renderToBufferSync({ ...chart, options: { ...chart.options, devicePixelRatio: 2 } });
}
