import { byId, element, type Piecework, Slots, setText } from "./dom.ts";
import { whole } from "./format.ts";
import type { PressedClient } from "./wire.ts";
import type { World } from "./world.ts";

const CLIENTS = 10;

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
