import type { Actions } from "./actions.ts";
import { byId, element, Keyed, type Piecework, setText } from "./dom.ts";
import { rate } from "./format.ts";
import { glyph } from "./glyph.ts";
import { seldom } from "./seldom.ts";
import type { World } from "./world.ts";

/** A server of the laboratory. */
interface LabServer {
  readonly name: string;
  readonly state: "well" | "slow" | "down";
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
  readonly #load = element("b", "number");
  /** Others may play with it too. */
  readonly #look = seldom(() => this.#ask("GET"));
  readonly #halve = this.#button("Halve it", "Halve the load", () => this.#times(1 / 2));
  readonly #double = this.#button("Double it", "Double the load", () => this.#times(2));
  #factor = 1;

  constructor(actions: Actions) {
    this.#actions = actions;
    const servers = element("div", "lab-servers");
    this.#servers = new Keyed(servers, ({ name }) => this.#server(name));
    const load = element("span", "lab-server", "load ", this.#load, this.#halve, this.#double);
    this.#root.append(element("h2", "", "Laboratory"), servers, load);
  }

  draw({ laboratory, lostSinceMs }: World): void {
    this.#root.hidden = !laboratory;
    if (laboratory && lostSinceMs === undefined) void this.#look();
  }

  #times(by: number): object {
    return { action: "load", factor: this.#factor * by };
  }

  async #ask(method: "GET" | "POST", order?: object): Promise<void> {
    const lab = await this.#actions.ask<Lab>(method, PATH, order);
    if (lab === undefined) return;
    this.#factor = lab.load.factor;
    setText(this.#load, `${rate(lab.load.sessionsPerSec)}/s`);
    this.#halve.disabled = this.#factor <= LEAST;
    this.#double.disabled = this.#factor >= MOST;
    this.#servers.draw(lab.servers.map((server) => [server.name, server]));
  }

  #server(name: string): Piecework<LabServer> {
    const mark = glyph();
    const state = element("span", "source");
    const buttons = DEEDS.map(([action, words]) =>
      this.#button(words, `${words}: ${name}`, () => ({ action, server: name })),
    );
    return {
      root: element("span", "lab-server", mark.root, element("b", "", name), state, ...buttons),
      draw(server) {
        mark.draw(SHAPES[server.state]);
        setText(state, server.state);
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
