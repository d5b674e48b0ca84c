import { createCanvas } from "canvas";
import { FONT, registerFonts } from "./fonts.ts";
import type { Run } from "./run.ts";

const SIDE_PX = 32;
const MOST_NAMED = 8;
/** Of a character that is in no font, as it is none. */
const NONE = "\u{10fffe}";
const VISIBLE = /[^\p{Z}\p{Cc}\p{Cf}\p{Cs}]/u;

/** The characters of a text that no font here has, each once: a chart shows the same box for each. */
export function withoutGlyph(text: string): string[] {
  const visible = [...new Set(text)].filter((character) => VISIBLE.test(character));
  const box = pictureOf(NONE);
  return visible.filter((character) => pictureOf(character).equals(box));
}

/** The same for all that a run brings into its pictures, as one line; undefined where nothing is missing. */
export function missingGlyphs({ name, results }: Run): string | undefined {
  const servers = results.perServer.map(({ server }) => server);
  const missing = withoutGlyph([name, results.scenario ?? "", ...servers].join(""));
  if (missing.length === 0) return undefined;
  const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : "";
  return `${missing.slice(0, MOST_NAMED).map(named).join(", ")}${more}`;
}

function named(character: string): string {
  return `${character} (U+${(character.codePointAt(0) as number).toString(16).toUpperCase()})`;
}

function pictureOf(character: string): Buffer {
  registerFonts();
  const context = createCanvas(SIDE_PX, SIDE_PX).getContext("2d");
  context.font = `${SIDE_PX / 2}px ${FONT}`;
  context.fillText(character, SIDE_PX / 4, SIDE_PX / 2);
  return Buffer.from(context.getImageData(0, 0, SIDE_PX, SIDE_PX).data.buffer);
}
