import { type Actions, agreed } from "./actions.ts";
import type { RowItem } from "./cell.ts";
import { byId, Keyed, setText } from "./dom.ts";
import { counted } from "./format.ts";
import { row } from "./row.ts";
import type { Backend } from "./wire.ts";
import { canServe, isTroubled, type LiveBackend, stateOf, type World } from "./world.ts";

/** Rows at first, and with each wish for more: a table of thousands would keep the browser busy each second. */
const PAGE = 100;

/** What is said of a backend. */
interface Word {
  readonly state?: "ready" | "drain" | "maint";
  readonly weight?: number;
}

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
        state: (backend, state) => void this.#say(backend, { state }),
        weight: (backend, weight) => void this.#say(backend, { weight }),
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
    const up = [...(world.pools.get(this.#pool ?? "")?.backends.values() ?? [])].filter(
      ({ told }) => stateOf(told) === "up",
    );
    return `${counted(found, "backend")}, ${up.length} up`;
  }

  #found(world: World): LiveBackend[] {
    if (!this.#searches) return [...(world.pools.get(this.#pool ?? "")?.backends.values() ?? [])];
    const text = this.#search.value.trim().toLowerCase();
    return [...world.backends()].filter(
      (each) => matches(each, text) && (!this.#troubled.checked || isTroubled(each)),
    );
  }

  async #say(backend: LiveBackend, word: Word): Promise<void> {
    const { pool, told } = backend;
    const name = `${pool}/${told.name}`;
    const takesOut = word.weight === 0 || (word.state ?? "ready") !== "ready";
    const question = `${name} is the last backend that can serve. Take it out all the same?`;
    if (takesOut && isLast(this.#world, backend) && !(await agreed(question))) return;
    const within = byId<HTMLSelectElement>("within").value;
    const words = { ...word, ...(word.state === "drain" && within !== "" && { within }) };
    const path = `/api/v1/pools/${encodeURIComponent(pool)}/backends/${encodeURIComponent(told.name)}`;
    const takeBack = this.#anticipate(backend, word);
    const done = await this.#actions.ask("PATCH", path, words);
    if (done === undefined) takeBack();
    else this.#actions.tell(`${name}: ${spoken(words)}`);
  }

  /** Shows a word before the balancer tells of it; what is returned takes that back where the balancer has told of nothing else. */
  #anticipate(backend: LiveBackend, word: Word): () => void {
    const before = backend.told.administrative;
    const since = new Date().toISOString();
    const said = { source: "api", since } as const;
    const administrative = {
      ...before,
      ...(word.state && { state: { ...before.state, ...said, value: word.state } }),
      ...(word.weight !== undefined && { weight: { ...before.weight, ...said, value: word.weight } }),
    };
    const show = (now: Backend["administrative"]) => {
      backend.told = { ...backend.told, administrative: now };
      this.#drawAgain();
    };
    show(administrative);
    return () => {
      if (backend.told.administrative === administrative) show(before);
    };
  }
}

function matches({ told, pool }: LiveBackend, text: string): boolean {
  return `${pool}/${told.name} ${told.address ?? told.configured.address} ${stateOf(told)}`
    .toLowerCase()
    .includes(text);
}

function isLast(world: World | undefined, backend: LiveBackend): boolean {
  const { backends } = world?.pools.get(backend.pool) ?? { backends: new Map<string, LiveBackend>() };
  const serving = [...backends.values()].filter(canServe);
  return serving.length === 1 && serving[0] === backend;
}

function spoken(words: object): string {
  return Object.entries(words)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ");
}
