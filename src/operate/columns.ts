import { eastAsianWidth } from "get-east-asian-width";

const PLAIN = /^[\x20-\x7e]*$/;
// Marks stand on the character before them, and so do the later parts of a Korean syllable.
const ON_THE_ONE_BEFORE = /^[\p{Mark}\u1160-\u11ff\ud7b0-\ud7ff]$/u;

/** How many columns of a terminal a text without control characters takes. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOfOne(character);
  return columns;
}

/** The text if it has at most so many columns, else its beginning and an ellipsis. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  return columns < 1 ? "" : `${beginning(text, columns - 1)}…`;
}

/** The text if it has at most so many columns, else its beginning and its end: names tell each other apart by either. */
function shortened(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns < 1) return "";
  const first = Math.ceil((columns - 1) / 2);
  const last = beginning([...text].toReversed().join(""), columns - 1 - first);
  return `${beginning(text, first)}…${[...last].toReversed().join("")}`;
}

/** The text in exactly so many columns. */
export function inColumns(text: string, align: "left" | "right", columns: number): string {
  const kept = shortened(text, columns);
  const space = " ".repeat(Math.max(0, columns - columnsOf(kept)));
  return align === "left" ? kept + space : space + kept;
}

function beginning(text: string, columns: number): string {
  let kept = "";
  let left = columns;
  for (const character of text) {
    left -= columnsOfOne(character);
    if (left < 0) break;
    kept += character;
  }
  return kept;
}

function columnsOfOne(character: string): number {
  return ON_THE_ONE_BEFORE.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) as number);
}
