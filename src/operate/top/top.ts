import { Failure } from "../../command/failure.ts";
import type { Clock, Timer } from "../../core/clock.ts";
import { Deferred } from "../../core/deferred.ts";
import type { AdminClient } from "../admin-client.ts";
import { backend } from "../documents.ts";
import { named, pathOf } from "../place.ts";
import { frameOf, type Known, tableText } from "./frame.ts";
import { numbersOf } from "./numbers.ts";
import { type Sample, Sampler } from "./sample.ts";
import { Screen, type Terminal } from "./screen.ts";
import { firstView, pressed, type View, type Wish } from "./view.ts";

const EVERY_MS = 1_000;
/** Whom a page asks, and by which clock. */
export interface TopParts {
  readonly client: AdminClient;
  readonly clock: Clock;
}

/** What there is once, as a table: two samples, a second apart, as one alone has no rates. */
export async function printed({ client, clock }: TopParts): Promise<string> {
  const sampler = new Sampler(client, clock);
  const before = await sampler.sample();
  await new Promise<void>((resolve) => clock.after(EVERY_MS, resolve));
  const sample = await sampler.sample();
  const { where } = client;
  return tableText({ where, sample, before, nowMs: sample.atMs, lost: undefined });
}

/** A page that is drawn anew each second, until its reader leaves; and resolves then. */
export async function watched(parts: TopParts, terminal: Terminal, colours: boolean): Promise<void> {
  const sampler = new Sampler(parts.client, parts.clock);
  // Before the terminal is taken, so that what is wrong from the start is told as of any command.
  const first = await sampler.sample();
  using page = new Page({ ...parts, terminal, colours, sampler, first });
  await page.left;
}

interface PageParts extends TopParts {
  readonly terminal: Terminal;
  readonly colours: boolean;
  readonly sampler: Sampler;
  readonly first: Sample;
}

class Page implements Disposable {
  readonly #parts: PageParts;
  readonly #screen: Screen;
  readonly #left = new Deferred<void>();
  #view: View = firstView;
  #known: Known;
  #timer: Timer | undefined;
  #asks = false;

  constructor(parts: PageParts) {
    this.#parts = parts;
    const { client, first, terminal } = parts;
    this.#known = { where: client.where, sample: first, before: undefined, nowMs: 0, lost: undefined };
    this.#screen = new Screen(terminal, {
      key: (key) => this.#press(key),
      redraw: () => this.#draw(),
    });
    this.#draw();
    this.#wait();
  }

  get left(): Promise<void> {
    return this.#left.promise;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#screen[Symbol.dispose]();
  }

  #wait(): void {
    this.#timer = this.#parts.clock.after(EVERY_MS, () => {
      this.#wait();
      // One that is late is not asked for twice.
      if (!this.#asks) void this.#look();
      this.#draw();
    });
  }

  async #look(): Promise<void> {
    this.#asks = true;
    try {
      const sample = await this.#parts.sampler.sample();
      this.#known = { ...this.#known, sample, before: this.#known.sample, lost: undefined };
    } catch (error) {
      if (error instanceof Failure) this.#known = { ...this.#known, lost: error.message };
      else this.#left.reject(error);
    }
    this.#asks = false;
    this.#draw();
  }

  #press(key: string): void {
    const { sample, before } = this.#known;
    const { view, does } = pressed(this.#view, key, numbersOf(sample, before));
    this.#view = view;
    if (does === "quit") this.#left.resolve();
    else if (does !== undefined) void this.#do(does);
    this.#draw();
  }

  async #do({ state, place }: Wish): Promise<void> {
    this.#tell(`${named(place)}: asked …`);
    try {
      const path = pathOf(place);
      const { stored } = await this.#parts.client.ask({
        method: "PATCH",
        path,
        body: { state },
        answer: backend,
      });
      const done = `${named(place)} ${state === "drain" ? "drains" : "is ready"}`;
      this.#tell(stored === false ? `${done}, and that is not stored yet: the store is down` : done);
    } catch (error) {
      if (error instanceof Failure) this.#tell(`nothing was done: ${error.message}`);
      else this.#left.reject(error);
    }
  }

  #tell(message: string): void {
    this.#view = { ...this.#view, message };
    this.#draw();
  }

  #draw(): void {
    const known = { ...this.#known, nowMs: this.#parts.clock.now() };
    this.#screen.show(frameOf(known, this.#view, this.#screen.size, this.#parts.colours));
  }
}
