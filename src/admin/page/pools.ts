import type { Actions } from "./actions.ts";
import { byId, element, Keyed, setAttribute, setText } from "./dom.ts";
import { glyph } from "./glyph.ts";
import type { AlgorithmName } from "./wire.ts";
import { isAmiss, type LivePool, type World } from "./world.ts";

/** What each algorithm does, in a few words; the names are the balancer's own. */
const ALGORITHMS: Readonly<Record<AlgorithmName, string>> = {
  "round-robin": "in turn, by weight",
  "least-connections": "fewest open, by weight",
  random: "by lot, by weight",
  p2c: "the better of two by lot",
  "peak-ewma": "the soonest answer",
  "source-hash": "by the client's address",
  maglev: "by the client's address, by a table",
  first: "the first that can",
};

/** Which pool is looked at, and its algorithm. */
export class Pools {
  readonly #actions: Actions;
  readonly #changed: () => void;
  readonly #tabs: Keyed<{ readonly pool: LivePool; readonly chosen: boolean }>;
  readonly #select = byId<HTMLSelectElement>("algorithm");
  readonly #back = byId<HTMLButtonElement>("algorithm-back");
  #chosen: string | undefined;
  /** The pool and the algorithm that the menu was set to. */
  #shown = "";

  /** `changed` is called when another pool is looked at. */
  constructor(actions: Actions, changed: () => void) {
    this.#actions = actions;
    this.#changed = changed;
    this.#tabs = new Keyed(byId("pools"), () => this.#tab());
    for (const [name, words] of Object.entries(ALGORITHMS)) {
      const option = element("option", "", `${name}: ${words}`);
      option.value = name;
      this.#select.append(option);
    }
    this.#select.addEventListener("change", () => void this.#say(this.#select.value));
    this.#back.addEventListener("click", () => void this.#say(null));
  }

  draw(world: World): LivePool | undefined {
    const pool = world.pools.get(this.#chosen ?? "") ?? [...world.pools.values()][0];
    this.#chosen = pool?.told.name;
    const tabs = [...world.pools.values()].slice(0, 200);
    this.#tabs.draw(tabs.map((each) => [each.told.name, { pool: each, chosen: each === pool }]));
    if (pool !== undefined) this.#drawAlgorithm(pool);
    return pool;
  }

  #drawAlgorithm(pool: LivePool): void {
    const { value: name, source } = pool.told.administrative.algorithm;
    const { mayWrite } = this.#actions;
    // What the user has just chosen stands until another word holds.
    if (this.#shown !== `${pool.told.name} ${name}`) this.#select.value = name;
    this.#shown = `${pool.told.name} ${name}`;
    this.#select.disabled = !mayWrite;
    this.#back.disabled = !mayWrite || source !== "api";
    setText(byId("algorithm-source"), source === "api" ? "said by an operator" : "as the file says");
  }

  async #say(algorithm: string | null): Promise<void> {
    const pool = this.#chosen ?? "";
    const done = await this.#actions.ask("PATCH", `/api/v1/pools/${encodeURIComponent(pool)}`, { algorithm });
    if (done !== undefined) this.#actions.tell(`${pool}: ${algorithm ?? "the algorithm of the file"}`);
    if (done !== undefined && algorithm !== null) return;
    this.#shown = "";
    this.#changed();
  }

  #tab() {
    const [mark, text] = [glyph(), element("span")];
    const root = element("button", "tab", mark.root, text);
    root.type = "button";
    let name = "";
    root.addEventListener("click", () => {
      this.#chosen = name;
      this.#changed();
    });
    return {
      root,
      draw({ pool, chosen }: { readonly pool: LivePool; readonly chosen: boolean }) {
        name = pool.told.name;
        const amiss = [...pool.backends.values()].some(isAmiss);
        mark.draw(pool.told.usable === 0 ? "down" : amiss ? "ejected" : "up");
        setText(text, name);
        setAttribute(root, "aria-pressed", String(chosen));
      },
    };
  }
}
