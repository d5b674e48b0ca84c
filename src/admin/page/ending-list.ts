import { byId, element, type Piecework, Slots, setText } from "./dom.ts";
import { apart, together } from "./endings.ts";
import { UNKNOWN, whole } from "./format.ts";
import type { Ending } from "./wire.ts";
import type { World } from "./world.ts";

const ENDINGS = 5;

/** How sessions ended in the last five minutes, failures apart. */
export class Endings {
  readonly #failures = new Slots(byId("failures"), ENDINGS, () => count());
  readonly #others = new Slots(byId("others"), ENDINGS, () => count());

  draw({ moments }: World): void {
    const { failures, others } = apart(together(moments.map(({ endings }) => endings)));
    const most = [...failures, ...others].reduce((sum, [, each]) => sum + each, 0);
    const nothing = moments.length === 0 ? UNKNOWN : "none";
    const rows = (entries: readonly [Ending, number][]) =>
      entries.length === 0
        ? [{ word: nothing, of: 0 }]
        : fitting(entries).map(([word, of]) => ({ word, of, part: of / most }));
    this.#failures.draw(rows(failures));
    this.#others.draw(rows(others));
  }
}

/** Where there are more words than places, the last place has the rest of them together. */
function fitting(
  entries: readonly [word: Ending, count: number][],
): readonly [words: string, count: number][] {
  if (entries.length <= ENDINGS) return entries;
  const rest = entries.slice(ENDINGS - 1);
  const sum = rest.reduce((all, [, count]) => all + count, 0);
  return [...entries.slice(0, ENDINGS - 1), [`${rest.length} others`, sum]];
}

interface Count {
  readonly word: string;
  readonly of: number;
  readonly part?: number;
}

function count(): Piecework<Count | undefined> {
  const [word, number, bar] = [element("span", "word"), element("span", "number"), element("span", "part")];
  const root = element("li", "", bar, word, number);
  return {
    root,
    draw(item) {
      setText(word, item?.word ?? "");
      setText(number, item?.part === undefined ? "" : whole(item.of));
      bar.style.transform = `scaleX(${(item?.part ?? 0).toFixed(3)})`;
    },
  };
}
