import { Failure } from "../command/failure.ts";
import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import type { Log } from "../observe/log.ts";
import type { Plane } from "../plane/plane.ts";
import { StoreRefused } from "../store/refusals.ts";
import type { Json, Kept, Store, StoreStatus } from "../store/seam.ts";
import { isUnknown, Keeper } from "./keeper.ts";
import type { Edit, Overlay } from "./overlay.ts";
import { tellNews } from "./overlay-news.ts";
import { type Reconciler, whole } from "./reconcile.ts";
import { backendEdit, clientEdit } from "./rows.ts";
import { TokenKeeper } from "./token-keeper.ts";

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
  /** What is said while it runs. */
  readonly keeper: Keeper;
  #kept: Kept = NOTHING;
  #closed: Promise<void> | undefined;

  constructor(parts: RememberingParts) {
    const { store, reconciler } = parts;
    const wanted = { ...parts, overlay: () => reconciler.overlay };
    this.#parts = parts;
    this.keeper = new Keeper(wanted);
    this.#tokens = store && new TokenKeeper({ ...wanted, store });
  }

  /** Puts what the store has over the file; rejects with a Failure where what is there cannot be used. */
  async restore(overlay: Overlay): Promise<void> {
    const { store, log } = this.#parts;
    if (store === undefined) return;
    try {
      const kept = await store.open({
        changed: (rows) =>
          void this.#follow(
            clientEdit,
            Array.from(rows, ({ key, value }) => [key, value]),
          ),
        backends: (rows) => void this.#follow(backendEdit, [...rows]),
        status: (status) => this.#tell(status),
      });
      this.#kept = kept ?? NOTHING;
      if (kept !== undefined)
        for (const news of await this.keeper.restore(kept, overlay)) tellNews(log, news);
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

  /** What the store tells of its own accord is put, a turn for each row. */
  async #follow(
    read: (key: string, value: Json | null) => Edit,
    rows: readonly (readonly [key: string, value: Json | null])[],
  ): Promise<void> {
    for (const [key, value] of rows) {
      await this.#parts.reconciler.inTurn(async () => {
        try {
          await this.#put(read(key, value));
        } catch (error) {
          this.#parts.log.logger.error(
            { key, reason: whole(error) },
            "the store has a row that cannot be used",
          );
        }
      });
    }
  }

  /** In a turn. Words of its own that wait for the store are newer. */
  async #put(edit: Edit): Promise<void> {
    const { reconciler, log } = this.#parts;
    if (this.#closed || isUnknown(edit, reconciler.overlay) || this.keeper.waits(edit)) return;
    const news =
      edit.shelf === "clients"
        ? await reconciler.putClient(edit)
        : await reconciler.put(edit, "said before the start");
    for (const each of news) tellNews(log, each);
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
