import { type Actions, agreed } from "./actions.ts";
import type { RowItem } from "./cell.ts";
import { byId, Keyed, setText } from "./dom.ts";
import { counted } from "./format.ts";
import { row } from "./row.ts";
import { isAmiss, isTroubled, type LiveBackend, stateOf, type World } from "./world.ts";

/** Rows at first, and with each wish for more: a table of thousands would keep the browser busy each second. */
const PAGE = 100;

/** The table of backends: of one pool, or what is searched for in all of them. */
export class Backends {
  readonly #actions: Actions;
  readonly #rows: Keyed<RowItem>;
  readonly #search = byId<HTMLInputElement>("search");
  readonly #troubled = byId<HTMLInputElement>("problems-only");
  readonly #more = byId<HTMLButtonElement>("more");
  #most = PAGE;
  #world: World | undefined;
  #pool: string | undefined;

  constructor(actions: Actions) {
    this.#actions = actions;
    this.#rows = new Keyed(byId("rows"), () =>
      row({
        state: (backend, state) => void this.#state(backend, state),
        weight: (backend, weight) => this.#weight(backend, weight),
      }),
    );
    const again = () => {
      this.#most = PAGE;
      this.#drawAgain();
    };
    this.#search.addEventListener("input", again);
    this.#troubled.addEventListener("change", again);
    this.#more.addEventListener("click", () => {
      this.#most += PAGE;
      this.#drawAgain();
    });
  }

  /** `pool`: the one that is looked at. */
  draw(world: World, pool: string | undefined): void {
    this.#world = world;
    if (pool !== this.#pool) this.#most = PAGE;
    this.#pool = pool;
    const found = this.#found(world);
    const mayWrite = this.#actions.mayWrite;
    const pooled = this.#searches && world.pools.size > 1;
    this.#rows.draw(
      found.slice(0, this.#most).map((backend) => [
        `${backend.pool} ${backend.told.name}`,
        {
          backend,
          nowMs: world.atMs,
          poolActive: world.pools.get(backend.pool)?.told.active ?? 0,
          pooled,
          mayWrite,
        },
      ]),
    );
    const left = found.length - this.#most;
    this.#more.hidden = left <= 0;
    setText(this.#more, `Show ${Math.min(left, PAGE)} more of ${left}`);
    byId("no-rows").hidden = found.length > 0;
    setText(byId("backends-count"), this.#countWords(world, found.length));
  }

  get #searches(): boolean {
    return this.#search.value.trim() !== "" || this.#troubled.checked;
  }

  #drawAgain(): void {
    if (this.#world !== undefined) this.draw(this.#world, this.#pool);
  }

  #countWords(world: World, found: number): string {
    if (this.#searches) return `${counted(found, "backend")} found`;
    const all = [...(world.pools.get(this.#pool ?? "")?.backends.values() ?? [])];
    const out = all.filter((each) => isTroubled(each) && !isAmiss(each)).length;
    const up = `${counted(found, "backend")}, ${all.filter((each) => !isTroubled(each)).length} up`;
    return out === 0 ? up : `${up}, ${out} taken out`;
  }

  #found(world: World): LiveBackend[] {
    if (!this.#searches) return [...(world.pools.get(this.#pool ?? "")?.backends.values() ?? [])];
    const text = this.#search.value.trim().toLowerCase();
    return [...world.backends()].filter(
      (each) => matches(each, text) && (!this.#troubled.checked || isTroubled(each)),
    );
  }

  async #state(backend: LiveBackend, state: "ready" | "drain" | "maint"): Promise<void> {
    if (state !== "ready" && !(await this.#mayGo(backend))) return;
    const within = byId<HTMLSelectElement>("within").value;
    await this.#say(backend, { state, ...(state === "drain" && within !== "" && { within }) });
  }

  async #weight(backend: LiveBackend, weight: number): Promise<void> {
    if (weight > 0 || (await this.#mayGo(backend))) await this.#say(backend, { weight });
  }

  /** Asks before the last one that can serve gets nothing any more. */
  async #mayGo(backend: LiveBackend): Promise<boolean> {
    if (!isLast(this.#world, backend)) return true;
    const name = `${backend.pool}/${backend.told.name}`;
    return await agreed(`${name} is the last backend that can serve. Take it out all the same?`);
  }

  async #say({ pool, told }: LiveBackend, words: object): Promise<void> {
    const path = `/api/v1/pools/${encodeURIComponent(pool)}/backends/${encodeURIComponent(told.name)}`;
    const done = await this.#actions.ask("PATCH", path, words);
    if (done !== undefined) this.#actions.tell(`${pool}/${told.name}: ${spoken(words)}`);
  }
}

function matches({ told, pool }: LiveBackend, text: string): boolean {
  return `${pool}/${told.name} ${told.address ?? told.configured.address} ${stateOf(told)}`
    .toLowerCase()
    .includes(text);
}

function isLast(world: World | undefined, backend: LiveBackend): boolean {
  const { backends } = world?.pools.get(backend.pool) ?? { backends: new Map<string, LiveBackend>() };
  const able = [...backends.values()].filter(canServe);
  return able.length === 1 && able[0] === backend;
}

function canServe(backend: LiveBackend): boolean {
  return !isTroubled(backend) && backend.told.administrative.weight.value > 0;
}

function spoken(words: object): string {
  return Object.entries(words)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}
