import { element, type Piecework, setAttribute, setText } from "./dom.ts";
import { clockTime } from "./format.ts";
import type { Piece } from "./wire.ts";

/** What stands where there is nothing to tell. */
export const NOTHING = { at: "", tone: "plain", subject: "", text: "nothing yet" } as const;

/** One line of a list: when, of what, and what. */
export function line(): Piecework<Piece | undefined> {
  const [time, subject, text] = [element("time"), element("b"), element("span")];
  // Words for nothing have a place of their own: in that of the text they would move when there is something.
  const nothing = element("em");
  const root = element("li", "", nothing, time, subject, text);
  return {
    root,
    draw(item) {
      root.hidden = item === undefined;
      setAttribute(root, "data-tone", item?.tone ?? "plain");
      setText(time, item === undefined || item.at === "" ? "" : clockTime(item.at));
      setText(subject, item?.subject ?? "");
      const isNothing = item?.at === "" && item.subject === "";
      setText(nothing, isNothing ? item.text : "");
      setText(text, isNothing ? "" : (item?.text ?? ""));
      setAttribute(root, "title", item === undefined ? "" : `${item.subject} ${item.text}`);
    },
  };
}
