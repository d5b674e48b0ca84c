import type { Actions } from "./actions.ts";
import { byId, element, type Piecework, Slots, setAttribute, setText } from "./dom.ts";
import { apart, together } from "./endings.ts";
import { clockTime, whole } from "./format.ts";
import type { Ending, Piece, PressedClient } from "./wire.ts";
import type { World } from "./world.ts";

const ENDINGS = 5;
const CLIENTS = 10;
const NEWS = 60;
const DECISIONS = 20;
const DECISIONS_EVERY_MS = 2_000;

/** How sessions ended in the last five minutes, failures apart. */
export class Endings {
  readonly #failures = new Slots(byId("failures"), ENDINGS, () => count());
  readonly #others = new Slots(byId("others"), ENDINGS, () => count());

  draw({ moments }: World): void {
    const { failures, others } = apart(together(moments.map(({ endings }) => endings)));
    const most = [...failures, ...others].reduce((sum, [, each]) => sum + each, 0);
    const rows = (entries: readonly [Ending, number][], none: string) =>
      entries.length === 0
        ? [{ word: none, of: 0 }]
        : entries.map(([word, of]) => ({ word, of, part: of / most }));
    this.#failures.draw(rows(failures, "none"));
    this.#others.draw(rows(others, "none"));
  }
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

/** Clients that have little left of what they may. */
export class Clients {
  readonly #list = new Slots(byId("clients"), CLIENTS, () => client());

  draw({ clients }: World): void {
    this.#list.draw(clients);
  }
}

function client(): Piecework<PressedClient | undefined> {
  const [word, number, bar] = [element("span", "word"), element("span", "number"), element("span", "part")];
  const root = element("li", "", bar, word, number);
  const list = byId("clients");
  return {
    root,
    draw(item) {
      const isFirst = root === list.firstElementChild;
      setText(word, item === undefined ? (isFirst ? "none" : "") : item.id);
      const words =
        item && `${Math.floor(item.tokens)} of ${whole(item.capacity)}, ${whole(item.refused)} refused`;
      setText(number, words ?? "");
      bar.style.transform = `scaleX(${item === undefined ? 0 : (item.tokens / item.capacity).toFixed(3)})`;
    },
  };
}

/** What happened, the latest first. */
export class Log {
  readonly #list = new Slots(byId("log"), NEWS, () => line());

  draw({ news }: World): void {
    this.#list.draw(news.length === 0 ? [NOTHING] : news);
  }
}

const NOTHING = { at: "", tone: "plain", subject: "", text: "nothing yet" } as const;

function line(): Piecework<Piece | undefined> {
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

/** Why sessions got their servers; asked for while the page is seen, since the balancer records it only then. */
export class Decisions {
  readonly #actions: Actions;
  readonly #list = new Slots(byId("decisions"), DECISIONS, () => line());
  #asking = false;
  #askedAtMs = 0;

  constructor(actions: Actions) {
    this.#actions = actions;
    this.#draw([]);
  }

  /** Once in two seconds, where the one before has been answered. */
  async draw(): Promise<void> {
    const nowMs = Date.now();
    if (this.#asking || document.hidden || nowMs - this.#askedAtMs < DECISIONS_EVERY_MS - 100) return;
    this.#asking = true;
    this.#askedAtMs = nowMs;
    const answer = await this.#actions.ask<{ readonly decisions: readonly Decision[] }>(
      "GET",
      `/api/v1/decisions?limit=${DECISIONS}`,
    );
    this.#asking = false;
    if (answer !== undefined) this.#draw(answer.decisions);
  }

  #draw(decisions: readonly Decision[]): void {
    const pieces = decisions.map(({ atMs, client, explanation, chosen }) => ({
      at: new Date(atMs).toISOString(),
      tone: chosen === null ? ("bad" as const) : ("plain" as const),
      subject: client.replace(/:\d+$/, ""),
      text: explanation,
    }));
    this.#list.draw(pieces.length === 0 ? [{ ...NOTHING, text: "no session has chosen yet" }] : pieces);
  }
}

interface Decision {
  readonly atMs: number;
  readonly client: string;
  readonly chosen: string | null;
  readonly explanation: string;
}
