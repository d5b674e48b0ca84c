import { element, type Piecework, setAttribute, setText } from "./dom.ts";
import { clockTime } from "./format.ts";
import type { Piece } from "./wire.ts";

/** What stands where there is nothing to tell. */
export const NOTHING = { at: "", tone: "plain", subject: "", text: "nothing yet" } as const;

/** One line of a list: when, of what, and what. */
export function line(): Piecework<Piece | undefined> {
  const [time, subject, text] = [element("time"), element("b"), element("span")];
  const root = element("li", "", time, subject, text);
  return {
    root,
    draw(item) {
      root.hidden = item === undefined;
      setAttribute(root, "data-tone", item?.tone ?? "plain");
      setText(time, item === undefined || item.at === "" ? "" : clockTime(item.at));
      setText(subject, item?.subject ?? "");
      setText(text, item?.text ?? "");
      setAttribute(root, "title", item === undefined ? "" : `${item.subject} ${item.text}`);
    },
  };
}
