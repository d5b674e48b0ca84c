import type { Actions } from "./actions.ts";
import { byId, element } from "./dom.ts";
import type { LivePool, World } from "./world.ts";

const DEEDS = [
  ["slow", "Slow it down"],
  ["crash", "Crash it"],
  ["restore", "Bring it back"],
] as const;

/** Buttons that play with the servers of a laboratory; nothing of it is there where the status does not speak of one. */
export class Laboratory {
  readonly #actions: Actions;
  readonly #root = byId("lab");
  readonly #server = element("select");

  constructor(actions: Actions) {
    this.#actions = actions;
    const label = element("label", "choice", "Server ", this.#server);
    const deeds = DEEDS.map(([action, words]) => {
      const button = element("button", "", words);
      button.addEventListener(
        "click",
        () => void this.#do({ action, server: this.#server.value, factor: 5 }),
      );
      return button;
    });
    const loads = [
      ["Double the load", 2],
      ["Halve the load", 0.5],
    ] as const;
    const load = loads.map(([words, factor]) => {
      const button = element("button", "", words);
      button.addEventListener("click", () => void this.#do({ action: "load", factor }));
      return button;
    });
    this.#root.append(element("h2", "", "Laboratory"), label, ...deeds, ...load);
  }

  draw({ laboratory }: World, pool: LivePool): void {
    this.#root.hidden = !laboratory;
    const names = [...pool.backends.keys()];
    const shown = Array.from(this.#server.options, ({ value }) => value);
    if (names.join("\n") === shown.join("\n")) return;
    this.#server.replaceChildren(...names.slice(0, 100).map((name) => new Option(name, name)));
  }

  async #do(wish: {
    readonly action: string;
    readonly server?: string;
    readonly factor: number;
  }): Promise<void> {
    const done = await this.#actions.ask("POST", "/api/v1/lab", wish);
    if (done !== undefined) this.#actions.tell(`${wish.server ?? "load"}: ${wish.action}`);
  }
}
