import { drawn, Keyed, type Piecework, setAttribute, setText } from "./dom.ts";
import { percent, rate, whole } from "./format.ts";
import { type State, shapes } from "./glyph.ts";
import { type LiveBackend, type LivePool, stateOf, type World } from "./world.ts";

/** With more backends there is no room for their names. */
const NAMED = 12;
/** With more backends an arrow is that of several neighbours together. */
const MOST = 96;
const ROW = 46;
const LARGEST_ROW = 76;
const THIN_ROW = 5;
const LEAST_HEIGHT = 264;
const BOX = 40;

/** One arrow's end: a backend, or several that stand together. */
interface Target {
  readonly key: string;
  readonly name: string;
  readonly state: State;
  readonly active: number;
  readonly perSec: number;
  /** Its part of the pool's new sessions, 0 to 1. */
  readonly share: number;
  /** Its part of the open sessions of the fullest, 0 to 1. */
  readonly filled: number;
}

/** Where something stands in the picture. */
interface Placed extends Target {
  readonly y: number;
  readonly height: number;
  /** Where its arrow leaves the listeners. */
  readonly fromY: number;
  readonly thickness: number;
  readonly sheet: Sheet;
}

/** The measures of the picture. */
interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly clientsRight: number;
  readonly listenersLeft: number;
  readonly listenersRight: number;
  readonly backendsLeft: number;
  readonly named: boolean;
  /** How much of it a backend has. */
  readonly row: number;
}

/** The picture of a pool: clients, the listeners that lead to it, and an arrow to each backend, as wide as its share of new sessions. */
export class Flow {
  readonly #root: HTMLElement;
  readonly #svg = drawn("svg", { role: "img", "aria-labelledby": "flow-words" });
  readonly #clients = box("clients");
  readonly #listeners = drawn("g");
  readonly #listenerBoxes: Keyed<ListenerPlace>;
  readonly #arrows: Keyed<Placed>;
  readonly #ends: Keyed<Placed>;
  readonly #intake = drawn("path", { class: "arrow" });
  #width = 0;
  #last: (() => void) | undefined;

  constructor(root: HTMLElement) {
    this.#root = root;
    const [arrows, ends] = [drawn("g"), drawn("g")];
    this.#svg.append(this.#intake, arrows, this.#clients.root, this.#listeners, ends);
    this.#arrows = new Keyed(arrows, arrow);
    this.#ends = new Keyed(ends, end);
    this.#listenerBoxes = new Keyed(this.#listeners, listenerBox);
    root.append(this.#svg);
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry?.contentRect.width ?? 0);
      if (width === this.#width) return;
      this.#width = width;
      this.#last?.();
    }).observe(root);
  }

  draw(world: World, pool: LivePool): void {
    this.#last = () => this.#draw(world, pool);
    this.#draw(world, pool);
  }

  #draw(world: World, pool: LivePool): void {
    if (this.#width === 0) return;
    const targets = targetsOf(pool);
    const sheet = sheetOf(this.#width, targets.length);
    setAttribute(this.#svg, "viewBox", `0 0 ${sheet.width} ${sheet.height}`);
    setAttribute(this.#svg, "height", sheet.height);
    setAttribute(this.#svg, "width", sheet.width);
    this.#root.style.setProperty("--flow-height", `${sheet.height}px`);
    this.#drawClients(world, pool, sheet);
    const placed = places(targets, sheet);
    this.#arrows.draw(placed.map((each) => [each.key, each]));
    this.#ends.draw(placed.map((each) => [each.key, each]));
  }

  #drawClients({ listeners }: World, { told, backends }: LivePool, sheet: Sheet): void {
    const perSec = [...backends.values()].reduce((sum, each) => sum + each.perSec, 0);
    const middle = sheet.height / 2;
    this.#clients.draw({
      x: 1,
      y: middle - BOX / 2,
      width: sheet.clientsRight - 1,
      words: ["Clients", `${rate(perSec)}/s`],
    });
    const leading = listeners.filter(({ pool }) => pool === told.name).slice(0, 6);
    const step = Math.min(BOX + 10, sheet.height / Math.max(1, leading.length));
    this.#listenerBoxes.draw(
      leading.map((each, index) => [
        each.name,
        {
          x: sheet.listenersLeft,
          y: middle + (index - leading.length / 2) * step + (step - BOX) / 2,
          width: sheet.listenersRight - sheet.listenersLeft,
          words: [each.name, `${whole(each.active)} open`],
        },
      ]),
    );
    setAttribute(this.#intake, "d", `M${sheet.clientsRight} ${middle}H${sheet.listenersLeft}`);
    this.#intake.style.strokeWidth = `${perSec > 0 ? thicknessOf(1, sheet) : 1.5}px`;
    setAttribute(this.#intake, "data-busy", String(perSec > 0));
  }
}

/** In words, for those who do not see the picture, and below it for all. */
export function flowWords({ backends }: LivePool): string {
  const total = [...backends.values()].reduce((sum, { perSec }) => sum + perSec, 0);
  if (total === 0) return "No new sessions now.";
  const served = [...backends.values()].filter(({ perSec }) => perSec > 0);
  const shares = served.map(({ told, perSec }) => [told.name, perSec / total] as const);
  const words = shares.map(([name, share]) => `${name} ${percent(share)}`);
  const first = "The width of an arrow is its share of new sessions";
  if (backends.size <= NAMED) return `${first}: ${words.join(", ")}.`;
  const [name, share] = shares.reduce((most, each) => (each[1] > most[1] ? each : most));
  return `${first}. ${served.length} of ${backends.size} backends get some, ${name} the most: ${percent(share)}.`;
}

function targetsOf({ backends }: LivePool): Target[] {
  const all = [...backends.values()];
  const total = all.reduce((sum, { perSec }) => sum + perSec, 0);
  const together = Math.ceil(all.length / MOST);
  const groups = Array.from({ length: Math.ceil(all.length / together) }, (_, index) =>
    all.slice(index * together, (index + 1) * together),
  );
  const targets = groups.map((group) => targetOf(group, total));
  const fullest = targets.reduce((most, { active }) => Math.max(most, active), 1);
  return targets.map((target) => ({ ...target, filled: target.active / fullest }));
}

function targetOf(group: readonly LiveBackend[], total: number): Omit<Target, "filled"> {
  const [first, last] = [group[0], group.at(-1)] as [LiveBackend, LiveBackend];
  const perSec = group.reduce((sum, each) => sum + each.perSec, 0);
  const active = group.reduce((sum, { told }) => sum + told.active, 0);
  const { name } = first.told;
  const troubled = group.find(({ told }) => stateOf(told) !== "up") ?? first;
  return {
    key: name,
    name: first === last ? name : `${name} to ${last.told.name}`,
    state: stateOf(troubled.told),
    active,
    perSec,
    share: total > 0 ? perSec / total : 0,
  };
}

function sheetOf(width: number, targets: number): Sheet {
  const named = targets <= NAMED;
  const narrow = width < 560;
  const box = narrow ? 76 : 112;
  const ends = named ? (narrow ? 112 : 190) : narrow ? 60 : 120;
  const row = named ? Math.max(ROW, Math.min(LARGEST_ROW, (LEAST_HEIGHT - 8) / targets)) : THIN_ROW;
  const height = Math.max(LEAST_HEIGHT, targets * row + 8);
  const clientsRight = box;
  const backendsLeft = width - ends;
  const listenersLeft = clientsRight + Math.max(18, (backendsLeft - clientsRight - box) * 0.22);
  return {
    width,
    height,
    named,
    row,
    clientsRight,
    listenersLeft,
    listenersRight: listenersLeft + box,
    backendsLeft,
  };
}

function thicknessOf(share: number, { height, named }: Sheet): number {
  const most = named ? Math.min(height * 0.4, 104) : height * 0.5;
  return Math.max(share > 0 ? 1.5 : 1, share * most);
}

function places(targets: readonly Target[], sheet: Sheet): Placed[] {
  const { row } = sheet;
  const top = (sheet.height - targets.length * row) / 2;
  const widths = targets.map(({ share }) => thicknessOf(share, sheet));
  let from = sheet.height / 2 - widths.reduce((sum, width) => sum + width, 0) / 2;
  return targets.map((target, index) => {
    const thickness = widths[index] as number;
    const fromY = from + thickness / 2;
    from += thickness;
    return { ...target, y: top + (index + 0.5) * row, height: row, fromY, thickness, sheet };
  });
}

function arrow(): Piecework<Placed> {
  const root = drawn("g");
  const [path, stream] = [drawn("path", { class: "arrow" }), drawn("path", { class: "stream" })];
  root.append(path, stream);
  return {
    root,
    draw({ fromY, y, thickness, state, share, sheet }) {
      const { listenersRight: from, backendsLeft: to } = sheet;
      const bend = (to - from) * 0.5;
      const d = `M${from} ${fromY.toFixed(1)}C${from + bend} ${fromY.toFixed(1)} ${to - bend} ${y.toFixed(1)} ${to} ${y.toFixed(1)}`;
      for (const each of [path, stream]) setAttribute(each, "d", d);
      path.style.strokeWidth = `${thickness.toFixed(1)}px`;
      setAttribute(root, "data-state", state);
      setAttribute(root, "data-busy", String(share > 0));
      setAttribute(root, "data-named", String(sheet.named));
    },
  };
}

function end(): Piecework<Placed> {
  const root = drawn("g", { class: "end" });
  const frame = drawn("rect", { class: "frame", rx: 6 });
  const fill = drawn("rect", { class: "fill", rx: 6 });
  const mark = drawn("path", { class: "mark" });
  const name = drawn("text", { class: "name" });
  const share = drawn("text", { class: "share" });
  const numbers = drawn("text", { class: "numbers" });
  const title = drawn("title");
  root.append(title, frame, fill, mark, name, share, numbers);
  return {
    root,
    draw(placed) {
      const { sheet, state, active, perSec, filled } = placed;
      const height = sheet.named ? BOX : placed.height - 1;
      const width = sheet.width - sheet.backendsLeft - 1;
      const [x, y] = [sheet.backendsLeft, placed.y - height / 2];
      for (const each of [frame, fill]) {
        setAttribute(each, "x", x);
        setAttribute(each, "y", y);
        setAttribute(each, "height", height);
        setAttribute(each, "rx", sheet.named ? 6 : 1.5);
      }
      setAttribute(frame, "width", width);
      setAttribute(fill, "width", width);
      fill.style.transform = `scaleX(${filled.toFixed(3)})`;
      fill.style.transformOrigin = `${x}px 0`;
      setAttribute(root, "data-state", state);
      setText(title, `${placed.name}: ${state}, ${whole(active)} open, ${rate(perSec)}/s`);
      const texts = sheet.named
        ? [shortened(placed.name, width), percent(placed.share), `${whole(active)} open`]
        : ["", "", ""];
      for (const [index, node] of [name, share, numbers].entries()) setText(node, texts[index] as string);
      setAttribute(mark, "d", sheet.named ? shapes[state] : "");
      setAttribute(mark, "transform", `translate(${x + 10} ${y + 7})`);
      put(name, x + 27, y + 17);
      put(share, x + width - 9, y + 17);
      put(numbers, x + 27, y + 32);
    },
  };
}

function shortened(name: string, width: number): string {
  const most = Math.floor((width - 76) / 7.2);
  return name.length > most ? `${name.slice(0, Math.max(1, most - 1))}…` : name;
}

function put(text: SVGTextElement, x: number, y: number): void {
  setAttribute(text, "x", x);
  setAttribute(text, "y", y);
}

interface ListenerPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly words: readonly string[];
}

function listenerBox(): Piecework<ListenerPlace> {
  return box("listener");
}

function box(kind: string): Piecework<ListenerPlace> {
  const root = drawn("g", { class: `box ${kind}` });
  const frame = drawn("rect", { rx: 6, height: BOX });
  const [name, number] = [drawn("text", { class: "name" }), drawn("text", { class: "numbers" })];
  root.append(frame, name, number);
  return {
    root,
    draw({ x, y, width, words }) {
      setAttribute(frame, "x", x);
      setAttribute(frame, "y", y);
      setAttribute(frame, "width", width);
      put(name, x + width / 2, y + 17);
      put(number, x + width / 2, y + 32);
      setText(name, shortened(words[0] ?? "", width + 66));
      setText(number, words[1] ?? "");
    },
  };
}
