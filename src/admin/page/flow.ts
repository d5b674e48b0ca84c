import { drawn, Keyed, setAttribute } from "./dom.ts";
import { BOX, NAMED, type Placed, places, type Sheet, sheetOf, targetsOf, thicknessOf } from "./flow-plan.ts";
import { arrow, box, end, type ListenerPlace, listenerBox } from "./flow-shapes.ts";
import { percent, rate, whole } from "./format.ts";
import type { LivePool, World } from "./world.ts";

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
    setAttribute(this.#svg, "data-named", String(sheet.named));
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
