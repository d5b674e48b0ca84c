import { drawn, Keyed, setAttribute } from "./dom.ts";
import {
  BOX,
  NAMED,
  type Placed,
  places,
  type Sheet,
  shareOf,
  sheetOf,
  targetsOf,
  thicknessOf,
  trafficOf,
} from "./flow-plan.ts";
import { arrow, box, end, type ListenerPlace, listenerBox } from "./flow-shapes.ts";
import { percent, perSecond, rate, UNKNOWN, whole } from "./format.ts";
import type { LivePool, World } from "./world.ts";

/** Where less than this reaches a backend, none does: a smoothed rate takes its time to end. */
const LEAST_REACHING = 0.005;
/** Where less than this reaches none, it may be sessions that are still on their way. */
const LEAST_LOST = 0.05;

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
    const { coming } = trafficOf(world, pool);
    const targets = targetsOf(pool, coming);
    const sheet = sheetOf(this.#width, targets.length);
    setAttribute(this.#svg, "viewBox", `0 0 ${sheet.width} ${sheet.height}`);
    setAttribute(this.#svg, "height", sheet.height);
    setAttribute(this.#svg, "width", sheet.width);
    setAttribute(this.#svg, "data-named", String(sheet.named));
    this.#root.style.setProperty("--flow-height", `${sheet.height}px`);
    this.#drawClients(world, pool.told.name, coming, sheet);
    const placed = places(targets, sheet);
    this.#arrows.draw(placed.map((each) => [each.key, each]));
    this.#ends.draw(placed.map((each) => [each.key, each]));
  }

  #drawClients({ listeners }: World, name: string, perSec: number | undefined, sheet: Sheet): void {
    const middle = sheet.height / 2;
    this.#clients.draw({
      x: 1,
      y: middle - BOX / 2,
      width: sheet.clientsRight - 1,
      words: ["Clients", perSecond(perSec)],
    });
    const leading = listeners.filter(({ told }) => told.pool === name).slice(0, 6);
    const step = Math.min(BOX + 10, sheet.height / Math.max(1, leading.length));
    this.#listenerBoxes.draw(
      leading.map(({ told }, index) => [
        told.name,
        {
          x: sheet.listenersLeft,
          y: middle + (index - leading.length / 2) * step + (step - BOX) / 2,
          width: sheet.listenersRight - sheet.listenersLeft,
          words: [told.name, `${whole(told.active)} open`],
        },
      ]),
    );
    setAttribute(this.#intake, "d", `M${sheet.clientsRight} ${middle}H${sheet.listenersLeft}`);
    const busy = (perSec ?? 0) > 0;
    this.#intake.style.strokeWidth = `${busy ? thicknessOf(1, sheet) : 1.5}px`;
    setAttribute(this.#intake, "data-busy", String(busy));
  }
}

/** In words, for those who do not see the picture, and below it for all. */
export function flowWords(world: Pick<World, "listeners" | "moment">, pool: LivePool): string {
  const { coming, reaching } = trafficOf(world, pool);
  if (coming === 0) return "No new sessions now.";
  const shares = sharesOf(pool, coming);
  // Who of all is not known yet may get what seems to reach none.
  const known = shares.every(([, share]) => share !== undefined);
  const lost = known ? 1 - (shareOf(reaching, coming) ?? 1) : 0;
  if (lost > 1 - LEAST_REACHING) return `None of ${rate(coming)} new sessions a second reaches a backend.`;
  const words = [
    `The width of an arrow is its share of new sessions${shareWords(shares)}.`,
    ...(lost < LEAST_LOST ? [] : [`${percent(lost)} reach no backend.`]),
    ...(shares.length > NAMED ? [] : ["The fuller a box, the more sessions are open there."]),
  ];
  return words.join(" ");
}

type Shares = readonly (readonly [name: string, share: number | undefined])[];

function sharesOf({ backends }: LivePool, coming: number | undefined): Shares {
  return [...backends.values()].map(({ told, rate }) => [told.name, shareOf(rate.perSec, coming)]);
}

function shareWords(shares: Shares): string {
  if (shares.length <= NAMED) {
    const served = shares.filter(([, share]) => share !== 0);
    return `: ${served.map(([name, share]) => `${name} ${percent(share)}`).join(", ")}`;
  }
  if (shares.some(([, share]) => share === undefined)) return `: ${UNKNOWN}`;
  const served = shares.flatMap(([name, share = 0]) => (share > 0 ? [[name, share] as const] : []));
  const [name, share] = served.reduce((most, each) => (each[1] > most[1] ? each : most));
  return `. ${served.length} of ${shares.length} backends get some, ${name} the most: ${percent(share)}`;
}
