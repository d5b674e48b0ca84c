import { cell, type RowItem } from "./cell.ts";
import { element, type Piecework, setText } from "./dom.ts";
import { percent } from "./format.ts";

/** A number. */
export function numberCell(label: string, of: (item: RowItem) => string): Piecework<RowItem> {
  const text = element("span", "number");
  const root = cell("of-number", label, text);
  return { root, draw: (item) => setText(text, of(item)) };
}

/** The share of the sessions of its pool, with a mark at what is fair. */
export function shareCell(): Piecework<RowItem> {
  const [part, fair, words] = [element("span", "part"), element("span", "fair"), element("small")];
  const root = cell("of-share", "Share", element("span", "track", part, fair), words);
  return {
    root,
    draw({ backend: { told }, poolActive }) {
      const share = poolActive === 0 ? 0 : told.active / poolActive;
      part.style.transform = `scaleX(${Math.min(1, share).toFixed(3)})`;
      fair.style.transform = `translateX(${(told.fairShare * 100).toFixed(1)}%)`;
      setText(words, `${percent(share)} of ${percent(told.fairShare)}`);
    },
  };
}
