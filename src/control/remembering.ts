import { Failure } from "../command/failure.ts";
import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import type { Log } from "../observe/log.ts";
import type { Plane } from "../plane/plane.ts";
import { StoreRefused } from "../store/refusals.ts";
import type { Keep, Kept, Store, StoreStatus } from "../store/seam.ts";
import { Keeper } from "./keeper.ts";
import type { Overlay } from "./overlay.ts";
import { type Reconciler, whole } from "./reconcile.ts";
import { TokenKeeper } from "./token-keeper.ts";
import { Told } from "./told.ts";

const NOTHING: Kept = { clients: new Map(), backends: new Map(), tokens: new Map(), tokensAtMs: undefined };

/** How long the last words and tokens may take to be given to the store. */
const LAST_MS = 1_000;

/** What remembering is made of. */
export interface RememberingParts {
  readonly store: Store | undefined;
  readonly reconciler: Reconciler;
  readonly plane: Plane;
  readonly clock: Clock;
  readonly log: Log;
}

/** The words of the API over restarts: read from the store at the start, followed where other balancers share it, and saved. */
export class Remembering {
  readonly #parts: RememberingParts;
  readonly #tokens: TokenKeeper | undefined;
  /** What the store tells while it runs. */
  readonly told: Told;
  /** What is said while it runs. */
  readonly keeper: Keeper;
  #kept: Kept = NOTHING;
  #closed: Promise<void> | undefined;

  constructor(parts: RememberingParts) {
    const { store, reconciler } = parts;
    this.#parts = parts;
    this.told = new Told({ ...parts, followed: (places) => this.keeper.followed(places) });
    this.keeper = new Keeper({ ...parts, told: this.told });
    this.#tokens = store && new TokenKeeper({ ...parts, store, overlay: () => reconciler.overlay });
  }

  /** Puts what the store has over the file; rejects with a Failure where what is there cannot be used. */
  async restore(overlay: Overlay): Promise<void> {
    const { store } = this.#parts;
    if (store === undefined) return;
    try {
      const kept = await store.open({
        changed: (rows) => this.#hears(Array.from(rows, (row) => ({ shelf: "clients", ...row }))),
        backends: (rows) =>
          this.#hears(Array.from(rows, ([key, value]) => ({ shelf: "backends", key, value }))),
        status: (status) => this.#tell(status),
      });
      if (kept === undefined) return this.told.toldLater();
      this.#kept = kept;
      this.keeper.followed(await this.told.restore(kept, overlay));
    } catch (error) {
      throw error instanceof StoreRefused || error instanceof RangeError ? new Failure(error.message) : error;
    }
  }

  /** Fills the clients' buckets with what was kept, and saves them from now on. */
  async begin(): Promise<void> {
    await this.#tokens?.start(this.#kept);
    this.#kept = NOTHING;
  }

  /** Saves what is left to be saved and closes the store; never rejects, and takes two seconds at most. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { store, log } = this.#parts;
    this.#tokens?.[Symbol.dispose]();
    try {
      await this.#within(LAST_MS, Promise.all([this.#tokens?.save(), this.keeper.flush()]));
      await store?.close();
    } catch (error) {
      log.logger.error({ reason: whole(error) }, "the store was not closed in order");
    } finally {
      this.keeper[Symbol.dispose]();
    }
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const over = new Deferred<void>();
    using _timer = this.#parts.clock.after(ms, () => over.resolve());
    await Promise.race([work, over.promise]);
  }

  #hears(rows: readonly Keep[]): void {
    if (this.#closed === undefined) this.told.hears(rows);
  }

  #tell({ up, reason }: StoreStatus): void {
    const { logger } = this.#parts.log;
    if (up) {
      logger.info("store up");
      void this.keeper.flush();
    } else {
      logger.error({ reason }, "store down, traffic and limits go on from memory");
    }
  }
}
