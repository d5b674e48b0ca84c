import type { Actions } from "./actions.ts";
import { byId, element, Keyed, type Piecework, setText } from "./dom.ts";
import { perSecond, UNKNOWN } from "./format.ts";
import { glyph } from "./glyph.ts";
import { seldom } from "./seldom.ts";
import type { World } from "./world.ts";

/** A server of the laboratory. */
interface LabServer {
  readonly name: string;
  /** Absent until it is known. */
  readonly state?: "well" | "slow" | "down";
}

/** How the laboratory is. */
interface Lab {
  readonly servers: readonly LabServer[];
  readonly load: { readonly sessionsPerSec: number; readonly factor: number };
}

const PATH = "/api/v1/lab";
/** Between what the load may be multiplied. */
const [LEAST, MOST] = [0.25, 4];
const DEEDS = [
  ["slow", "Slow it"],
  ["crash", "Crash it"],
  ["restore", "Bring it back"],
] as const;
const SHAPES = { well: "up", slow: "ejected", down: "down" } as const;

/** Buttons that play with the servers and the load of a laboratory; nothing is asked where the status speaks of none. */
export class Laboratory {
  readonly #actions: Actions;
  readonly #root = byId("lab");
  readonly #servers: Keyed<LabServer>;
  readonly #load = element("b", "number", UNKNOWN);
  /** Others may play with it too. */
  readonly #look = seldom(() => this.#ask("GET"));
  readonly #halve = this.#button("Halve it", "Halve the load", () => this.#times(1 / 2));
  readonly #double = this.#button("Double it", "Double the load", () => this.#times(2));
  #lab: Lab | undefined;

  constructor(actions: Actions) {
    this.#actions = actions;
    const servers = element("div", "lab-servers");
    this.#servers = new Keyed(servers, ({ name }) => this.#server(name));
    this.#halve.disabled = this.#double.disabled = true;
    const load = element("span", "lab-server", "load ", this.#load, this.#halve, this.#double);
    this.#root.append(element("h2", "", "Laboratory"), servers, load);
  }

  draw(world: World): void {
    this.#root.hidden = !world.laboratory;
    if (!world.laboratory) return;
    // Its servers are the backends: they have their places before it has answered.
    if (this.#lab === undefined)
      this.#servers.draw([...world.backends()].map(({ told: { name } }) => [name, { name }]));
    if (world.link.kind === "live") void this.#look();
  }

  #times(by: number): object {
    return { action: "load", factor: (this.#lab?.load.factor ?? 1) * by };
  }

  async #ask(method: "GET" | "POST", order?: object): Promise<void> {
    const lab = await this.#actions.ask<Lab>(method, PATH, order);
    if (lab === undefined) return;
    this.#lab = lab;
    setText(this.#load, perSecond(lab.load.sessionsPerSec));
    this.#halve.disabled = lab.load.factor <= LEAST;
    this.#double.disabled = lab.load.factor >= MOST;
    this.#servers.draw(lab.servers.map((server) => [server.name, server]));
  }

  #server(name: string): Piecework<LabServer> {
    const mark = glyph();
    const text = element("span", "source");
    const buttons = DEEDS.map(([action, words]) =>
      this.#button(words, `${words}: ${name}`, () => ({ action, server: name })),
    );
    return {
      root: element("span", "lab-server", mark.root, element("b", "", name), text, ...buttons),
      draw({ state }) {
        if (state !== undefined) mark.draw(SHAPES[state]);
        setText(text, state ?? UNKNOWN);
        for (const button of buttons) button.disabled = state === undefined;
      },
    };
  }

  #button(words: string, label: string, order: () => object): HTMLButtonElement {
    const button = element("button", "", words);
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => void this.#ask("POST", order()));
    return button;
  }
}
