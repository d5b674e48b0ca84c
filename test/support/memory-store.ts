import { StoreDown } from "#lb/store/refusals";
import type { Json, Keep, Kept, Store, StoreEvents, StoreStatus } from "#lb/store/seam";

/** A store whose disk is a table of the test, that is down when the test says so. */
export class MemoryStore implements Store {
  readonly shelves = { clients: new Map<string, Json>(), backends: new Map<string, Json>() };
  tokens: ReadonlyMap<string, number> = new Map();
  tokensAtMs: number | undefined;
  /** All that was asked to be kept, also in vain. */
  readonly asked: (readonly Keep[])[] = [];
  events: StoreEvents | undefined;
  closed = false;
  sharesClients = false;
  status: StoreStatus = { up: true, sinceMs: 0 };

  /** What is on this disk, as the next process finds it. */
  again(): MemoryStore {
    const next = Object.assign(new MemoryStore(), { sharesClients: this.sharesClients });
    for (const shelf of ["clients", "backends"] as const)
      for (const [key, value] of this.shelves[shelf])
        next.shelves[shelf].set(key, JSON.parse(JSON.stringify(value)));
    next.tokens = new Map(this.tokens);
    next.tokensAtMs = this.tokensAtMs;
    return next;
  }

  goes(up: boolean): void {
    this.status = { up, sinceMs: 0, ...(!up && { reason: "pulled out" }) };
    this.events?.status(this.status);
  }

  /** It was away at the start, is there now, and tells what it has. */
  returns(): void {
    this.events?.changed(Array.from(this.shelves.clients, ([key, value]) => ({ key, value })));
    this.events?.backends(new Map(this.shelves.backends));
    this.goes(true);
  }

  async open(events: StoreEvents): Promise<Kept | undefined> {
    this.events = events;
    if (!this.status.up) {
      events.status(this.status);
      return undefined;
    }
    return { ...this.shelves, tokens: this.tokens, tokensAtMs: this.tokensAtMs };
  }

  async save(changes: readonly Keep[]): Promise<void> {
    this.asked.push(changes);
    if (!this.status.up) throw new StoreDown("pulled out", 1_000);
    for (const { shelf, key, value } of changes) {
      if (value === null) this.shelves[shelf].delete(key);
      else this.shelves[shelf].set(key, value);
    }
  }

  async saveTokens(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void> {
    if (!this.status.up) throw new StoreDown("pulled out", 1_000);
    this.tokens = tokens;
    this.tokensAtMs = atMs;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
