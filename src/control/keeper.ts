import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../core/clock.ts";
import { Lines } from "../core/in-line.ts";
import type { Log } from "../observe/log.ts";
import { StoreConflict, StoreDown, StoreFull } from "../store/refusals.ts";
import type { Keep, Store } from "../store/seam.ts";
import { type Edit, nameOf, type Place } from "./edit.ts";
import type { Refused } from "./overlay.ts";
import { type Reconciler, whole } from "./reconcile.ts";
import { isKept, keepOf } from "./rows.ts";
import type { Told } from "./told.ts";

/** How long what could not be kept waits for the next attempt. */
const AGAIN_MS = 1_000;
/** How many rows that wait are written together. */
const TOGETHER = 1_000;

/** How often a change is worked out once more because another balancer changed the same client first. */
const MOST_TRIES = 10;

/** What a Keeper is made of. */
export interface KeeperParts {
  /** Undefined: what is said is kept in memory alone. */
  readonly store: Store | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly reconciler: Reconciler;
  readonly told: Told;
}

/** Whether the store has what stands; undefined where nothing is kept. */
type Stored = boolean | undefined;

/** A change that is durable before it is in force. */
export interface Durable<Any extends Edit> {
  readonly place: Place;
  /** The row that is wanted, over what is wanted now; throws where it must not be made. */
  readonly wanted: () => Any | Refused;
  /** In a turn. */
  readonly put: (edit: Any) => Promise<void>;
}

/**
 * Keeps in the store what the API said. The rows of one backend or client are written one after another, and wherever the store
 * may have another row than the one that stands, that one waits until the store has it, once per backend or client.
 */
export class Keeper implements Disposable {
  readonly #parts: KeeperParts;
  readonly #lines = new Lines<string>();
  readonly #waiting = new Map<string, Place>();
  #flushing: Promise<void> | undefined;
  #timer: Disposable | undefined;
  #warned = false;
  #closed = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /**
   * Keeps a row, then puts it: what is wanted is worked out once more in that turn, because the file, other balancers and
   * words that need not be durable may have spoken meanwhile. Rejects, with nothing in force, as Store.save and `put` do.
   */
  durably<Any extends Edit>({ place, wanted, put }: Durable<Any>): Promise<Refused | { stored: Stored }> {
    return this.#lines.inLine([nameOf(place)], async () => {
      const edit = await this.#overOthers([place], async () => {
        const now = wanted();
        if (typeof now !== "string") await this.#save(now);
        return now;
      });
      if (typeof edit === "string") return edit;
      let stored: Stored;
      try {
        const refused = await this.#parts.reconciler.inTurn(async () => {
          const now = wanted();
          return typeof now === "string" ? now : await put(now);
        });
        if (refused !== undefined) return refused;
      } finally {
        stored = await this.#stands(edit);
      }
      return { stored };
    });
  }

  /** Keeps the row of what has been put already: false where it waits for the store, which is down or has no room. */
  async eventually(place: Place): Promise<Stored> {
    const { store, reconciler } = this.#parts;
    const isOfCopy = !isKept(reconciler.overlay.standing(place)) && !this.#waiting.has(nameOf(place));
    if (store === undefined || isOfCopy) return undefined;
    return await this.#lines.inLine([nameOf(place)], () => this.#writeAll([place]));
  }

  /** Keeps what became of rows when the file spoke; it ends nothing that other balancers share, whose files may differ. */
  followed(places: readonly Place[]): void {
    const { store } = this.#parts;
    if (store === undefined) return;
    for (const place of places)
      if (place.shelf !== "clients" || !store.sharesClients) this.#waiting.set(nameOf(place), place);
    void this.flush();
  }

  /** Tries to keep all that waits, as it stands by then; never rejects. */
  flush(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#waiting.size > 0) this.#flushing ??= this.#flush();
    return this.#flushing ?? Promise.resolve();
  }

  /** Tries no more. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #flush(): Promise<void> {
    for (let goesOn = true; goesOn && this.#waiting.size > 0; ) {
      const places = [...this.#waiting.values()].slice(0, TOGETHER);
      goesOn = await this.#lines.inLine(places.map(nameOf), () => this.#writeAll(places));
    }
    this.#flushing = undefined;
    if (this.#waiting.size > 0) this.#tryAgain();
  }

  /** In their lines; never rejects. Where the store takes no more, a row that has no room keeps none of the others from it. */
  async #writeAll(places: readonly Place[]): Promise<boolean> {
    try {
      return await this.#write(places);
    } catch (error) {
      if (error instanceof StoreFull && places.length > 1) {
        const half = places.length >> 1;
        const first = await this.#writeAll(places.slice(0, half));
        return (await this.#writeAll(places.slice(half))) && first;
      }
      this.#wait(places, error);
      return false;
    }
  }

  /** In their lines: writes what stands of these by now; false where the store is down. */
  async #write(places: readonly Place[]): Promise<boolean> {
    const { store, reconciler, told } = this.#parts;
    let keeps: readonly Keep[] = [];
    try {
      await this.#overOthers(places, async () => {
        keeps = places.map((place) => keepOf(reconciler.overlay.standing(place)));
        await store?.save(keeps);
      });
    } catch (error) {
      if (!(error instanceof StoreDown)) throw error;
      this.#wait(places, error);
      return false;
    }
    told.forget(places);
    for (const [at, place] of places.entries()) this.#has(place, keeps[at] as Keep);
    if (this.#waiting.size === 0) this.#warned = false;
    return true;
  }

  /**
   * Does what gives rows of these to the store before its first pause, over all that the store told; once more where another
   * balancer was first. Rejects with StoreDown where that goes on.
   */
  async #overOthers<T>(places: readonly Place[], keep: () => Promise<T>): Promise<T> {
    const { told } = this.#parts;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      while (told.waits(places)) await told.settle(places);
      try {
        return await keep();
      } catch (error) {
        if (!(error instanceof StoreConflict)) throw error;
      }
    }
    throw new StoreDown("other balancers change the same clients all the time", AGAIN_MS);
  }

  /** In its line: keeps a row that is not put yet. Where it may have been kept in vain, the one that stands is kept after it. */
  async #save(edit: Edit): Promise<void> {
    const { store, told } = this.#parts;
    if (store === undefined || !isKept(edit)) return;
    try {
      await store.save([keepOf(edit)]);
      told.forget([edit]);
    } catch (error) {
      // What comes of a client is told by the store.
      if (error instanceof StoreDown && error.uncertain && edit.shelf !== "clients")
        this.#wait([edit], error);
      throw error;
    }
  }

  /** In its line: keeps the row that stands where it is another one by now than the one that was kept. */
  async #stands(kept: Edit): Promise<Stored> {
    if (this.#parts.store === undefined || !isKept(kept)) return undefined;
    return this.#has(kept, keepOf(kept)) || (await this.#writeAll([kept]));
  }

  /** The store has this row: whether it is the one that stands, which waits otherwise. */
  #has(place: Place, kept: Keep): boolean {
    const isStanding = isDeepStrictEqual(kept, keepOf(this.#parts.reconciler.overlay.standing(place)));
    if (isStanding) this.#waiting.delete(nameOf(place));
    else this.#wait([place]);
    return isStanding;
  }

  #wait(places: readonly Place[], error?: unknown): void {
    for (const place of places) this.#waiting.set(nameOf(place), place);
    if (this.#parts.store?.status.up && error !== undefined && !this.#warned) {
      this.#warned = true;
      const reason = whole(error);
      this.#parts.log.logger.warn({ reason }, "the store did not take what was said, it is tried again");
    }
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (this.#closed) return;
    this.#timer ??= this.#parts.clock.after(AGAIN_MS, () => void this.flush());
  }
}
