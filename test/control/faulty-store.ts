import { StoreDown } from "#lb/store/refusals";
import type { ClientChange, Json, Keep } from "#lb/store/seam";
import { HeldStore } from "./held-store.ts";

/** How a store may be; `lost`: its answer does not come, whether it kept the rows or not. */
export const faults = ["none", "down", "held", "lost-but-kept", "lost", "refusing"] as const;
export type Fault = (typeof faults)[number];

/** A store that fails in each way that a database can, and that another balancer shares. */
export class FaultyStore extends HeldStore {
  override sharesClients = true;
  #fault: Fault = "none";
  #untold: ClientChange[] = [];
  #isAway = false;

  /** What is on this disk, as the next process finds it, or finds later where the database is away. */
  override again(isAway = false): FaultyStore {
    const next = Object.assign(new FaultyStore(), { shelves: super.again().shelves });
    if (isAway) next.status = { up: false, sinceMs: 0 };
    next.#fault = isAway ? "down" : "none";
    next.#isAway = isAway;
    return next;
  }

  becomes(fault: Fault): void {
    this.#fault = fault;
    if (fault === "held") this.hold();
    else this.letGo();
    const isUp = fault !== "down";
    if (isUp === this.status.up) return;
    if (isUp) this.#tellAll();
    this.goes(isUp);
  }

  /** Another balancer has another row for a client. */
  others(key: string, value: Json | null): void {
    if (value === null) this.shelves.clients.delete(key);
    else this.shelves.clients.set(key, value);
    this.#untold.push({ key, value });
    if (this.status.up) this.#tell();
  }

  protected override write(changes: readonly Keep[]): Promise<void> {
    if (this.#fault === "refusing") return Promise.reject(new StoreDown("refused", 1_000));
    if (this.#fault !== "lost" && this.#fault !== "lost-but-kept") return super.write(changes);
    return this.#lost(changes);
  }

  async #lost(changes: readonly Keep[]): Promise<void> {
    if (this.#fault === "lost-but-kept") {
      await super.write(changes);
      for (const { shelf, key, value } of changes) if (shelf === "clients") this.#untold.push({ key, value });
      this.#tell();
    }
    throw new StoreDown("no answer", 1_000, true);
  }

  #tell(): void {
    const told = this.#untold;
    this.#untold = [];
    if (told.length > 0) this.events?.changed(told);
  }

  #tellAll(): void {
    if (!this.#isAway) {
      this.#tell();
      return;
    }
    this.#isAway = false;
    this.#untold = [];
    this.events?.changed(Array.from(this.shelves.clients, ([key, value]) => ({ key, value })));
    this.events?.backends(new Map(this.shelves.backends));
  }
}
