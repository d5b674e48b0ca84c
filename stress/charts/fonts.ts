import { fileURLToPath } from "node:url";
import { createCanvas, GlobalFonts } from "canvas";

const FILES = [
  ["Inter", "@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf"],
  ["Inter", "@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf"],
  // Coarse, and in one file nearly every script there is.
  ["UnifontEX", "@fontsource/unifontex/files/unifontex-latin-400-normal.woff"],
] as const;

/** The families every text is set in, as CSS has it; a text without a registered font would vanish without an error. */
export const FONT = "Inter, UnifontEX";

let registered = false;

/** Registers the fonts, once; a text is drawn or measured after it. A machine may have fonts of these names, other than these. */
export function registerFonts(): void {
  if (registered) return;
  registered = true;
  for (const [family, file] of FILES) {
    const path = fileURLToPath(import.meta.resolve(file));
    if (!GlobalFonts.registerFromPath(path, family)) throw new Error(`${path} could not be used as a font`);
  }
}

const context = createCanvas(1, 1).getContext("2d");

/** How wide a text is at this size, in the units of a chart. */
export function widthOf(text: string, sizePx: number): number {
  registerFonts();
  context.font = `${sizePx}px ${FONT}`;
  return context.measureText(text).width;
}
