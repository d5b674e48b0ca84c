import { fileURLToPath } from "node:url";
import { GlobalFonts } from "canvas";
import type { ChartConfiguration } from "chart.js";
import { ChartJSNodeCanvas } from "chartjs-node-canvas";

const WIDTH = 1120;
const HEIGHT = 630;
const FONTS = ["400Regular/Inter_400Regular", "600SemiBold/Inter_600SemiBold"];

/** The family every text is set in; a text without a registered font would vanish without an error. */
export const FONT = "Inter";

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

function registerFonts(): void {
  if (GlobalFonts.has(FONT)) return;
  for (const font of FONTS) {
    const path = fileURLToPath(import.meta.resolve(`@expo-google-fonts/inter/${font}.ttf`));
    if (!GlobalFonts.registerFromPath(path, FONT)) throw new Error(`${path} could not be used as a font`);
  }
}
