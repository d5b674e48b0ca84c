import { drawn, type Piecework, setAttribute, setText } from "./dom.ts";
import { BOX, type Placed } from "./flow-plan.ts";
import { percent, perSecond, whole } from "./format.ts";
import { shapes } from "./glyph.ts";

/** The arrow to one end. */
export function arrow(): Piecework<Placed> {
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
      setAttribute(root, "data-busy", String((share ?? 0) > 0));
    },
  };
}

/** The box at the end of an arrow. */
export function end(): Piecework<Placed> {
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
      setText(title, `${placed.name}: ${state}, ${whole(active)} open, ${perSecond(perSec)}`);
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

/** Where a box is and what it says. */
export interface ListenerPlace {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly words: readonly string[];
}

/** The box of a listener. */
export function listenerBox(): Piecework<ListenerPlace> {
  return box("listener");
}

/** A box with a name and a number, of the clients or of a listener. */
export function box(kind: string): Piecework<ListenerPlace> {
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
      setText(name, shortened(words[0] ?? "", width + 72));
      setText(number, words[1] ?? "");
    },
  };
}
