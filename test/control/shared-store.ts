import { setImmediate as turn } from "node:timers/promises";
import { StoreConflict } from "#lb/store/refusals";
import type { Json, Keep, Kept, StoreEvents } from "#lb/store/seam";
import { MemoryStore } from "../support/memory-store.ts";

/** One client as it stands in a database; another row with each change. */
interface Row {
  readonly value: Json;
}

/** The clients of a database in memory, and the stores of the balancers that share them. */
export class SharedClients {
  readonly rows = new Map<string, Row>();
  readonly stores: SharedStore[] = [];

  /** What is kept, by client. */
  get kept(): ReadonlyMap<string, Json> {
    return new Map(Array.from(this.rows, ([key, { value }]) => [key, value]));
  }

  /** The store of one more balancer. */
  store(): SharedStore {
    const store = new SharedStore(this);
    this.stores.push(store);
    return store;
  }
}

/** The store of one balancer, whose writes take a moment, and the news of the others another one. */
export class SharedStore extends MemoryStore {
  override sharesClients = true;
  readonly #all: SharedClients;
  readonly #known = new Map<string, Row>();

  constructor(all: SharedClients) {
    super();
    this.#all = all;
  }

  override async open(events: StoreEvents): Promise<Kept | undefined> {
    for (const [key, row] of this.#all.rows) this.#known.set(key, row);
    return { ...((await super.open(events)) as Kept), clients: this.#all.kept };
  }

  override async save(changes: readonly Keep[]): Promise<void> {
    const clients = changes.filter(({ shelf }) => shelf === "clients");
    const known = new Map(clients.map(({ key }) => [key, this.#known.get(key)]));
    await turn();
    const others = clients.map(({ key }) => key).filter((key) => this.#all.rows.get(key) !== known.get(key));
    for (const key of others) this.#look(key);
    if (others.length > 0) throw new StoreConflict(others);
    await super.save(changes);
    for (const { key, value } of clients) this.#write(key, value);
  }

  #write(key: string, value: Json | null): void {
    if (value === null) this.#all.rows.delete(key);
    else this.#all.rows.set(key, { value });
    this.#knows(key);
    for (const each of this.#all.stores) if (each !== this) setImmediate(() => each.#look(key));
  }

  #look(key: string): void {
    const row = this.#all.rows.get(key);
    if (row === this.#known.get(key)) return;
    this.#knows(key);
    this.events?.changed([{ key, value: row?.value ?? null }]);
  }

  #knows(key: string): void {
    const row = this.#all.rows.get(key);
    if (row === undefined) this.#known.delete(key);
    else this.#known.set(key, row);
  }
}
