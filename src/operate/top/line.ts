import { styleText } from "node:util";
import { columnsOf, cut } from "../columns.ts";

type Style = Parameters<typeof styleText>[0];

/** A part of a line, all of one look; its text has no control characters. */
export type Span = readonly [text: string, style?: Style | undefined];

/** A line of a page, from left to right. */
export type Line = readonly Span[];

/** The line as it is written to a terminal, with so many columns at most. */
export function drawn(line: Line, columns: number, colours: boolean): string {
  let left = columns;
  let text = "";
  for (const [whole, style] of line) {
    const part = cut(whole, left);
    left -= columnsOf(part);
    text += colours && style !== undefined ? styleText(style, part, { validateStream: false }) : part;
    // What a span had too much, none after it may fill in.
    if (part !== whole) break;
  }
  return text;
}
