import type { Clock } from "../core/clock.ts";
import { forEach, inSlices } from "../core/slices.ts";
import { StoreDown } from "../store/refusals.ts";
import type { Json, Kept, Store } from "../store/seam.ts";
import type { Edit, Overlay, OverlayNews } from "./overlay.ts";
import { backendEdit, clientEdit, keepOf } from "./rows.ts";

/** How long what could not be kept waits for the next attempt. */
const AGAIN_MS = 1_000;

/** What a Keeper is made of. */
export interface KeeperParts {
  /** Undefined: what is said is kept in memory alone. */
  readonly store: Store | undefined;
  readonly clock: Clock;
  /** What is wanted at the moment. */
  readonly overlay: () => Overlay;
}

/** Keeps in the store what the API said, and brings it back. What the store could not take waits, once per backend or client. */
export class Keeper implements Disposable {
  readonly #parts: KeeperParts;
  readonly #waiting = new Map<string, Edit>();
  #timer: Disposable | undefined;
  #closed = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Whether there is a store. */
  get stores(): boolean {
    return this.#parts.store !== undefined;
  }

  /** Resolves when an edit is durable, before it is put; rejects as Store.save does. */
  async durably(edit: Edit): Promise<void> {
    const keep = keepOf(edit);
    if (keep !== undefined) await this.#parts.store?.save([keep]);
  }

  /** Keeps what has been put already: false where the store has to be waited for, undefined where nothing is kept. */
  async eventually(edit: Edit): Promise<boolean | undefined> {
    const { store } = this.#parts;
    const keep = keepOf(edit);
    if (store === undefined || keep === undefined) return undefined;
    const name = `${keep.shelf} ${keep.key}`;
    const before = this.#waiting.get(name);
    try {
      await store.save([keep]);
      if (this.#waiting.get(name) === before) this.#waiting.delete(name);
      return true;
    } catch (error) {
      if (!(error instanceof StoreDown)) throw error;
      this.#waiting.set(name, edit);
      this.#tryAgain();
      return false;
    }
  }

  /** Keeps what became of rows when the file spoke. */
  followed(edits: readonly Edit[]): void {
    if (this.#parts.store === undefined) return;
    for (const edit of edits) {
      const keep = keepOf(edit);
      if (keep !== undefined) this.#waiting.set(`${keep.shelf} ${keep.key}`, edit);
    }
    void this.flush();
  }

  /** Whether words about it wait for the store. */
  waits(edit: Edit): boolean {
    const keep = keepOf(edit);
    return keep !== undefined && this.#waiting.has(`${keep.shelf} ${keep.key}`);
  }

  /** Puts all that was kept over the file, in slices; throws a RangeError for a row that is none. What became of it is told. */
  async restore({ backends, clients }: Kept, overlay: Overlay): Promise<readonly OverlayNews[]> {
    const news: OverlayNews[] = [];
    const changed: Edit[] = [];
    const put = (edit: Edit) => {
      if (isUnknown(edit, overlay)) return;
      const own = overlay.put(edit);
      news.push(...own);
      if (own.length > 0) changed.push(edit);
    };
    const { clock } = this.#parts;
    await inSlices(
      clock,
      forEach([...backends], ([key, value]) => put(readRow("backend", key, value, backendEdit))),
    );
    await inSlices(
      clock,
      forEach([...clients], ([key, value]) => put(readRow("client", key, value, clientEdit))),
    );
    this.followed(changed);
    return news;
  }

  /** Tries to keep all that waits, as it stands by now. */
  async flush(): Promise<void> {
    const { store, overlay } = this.#parts;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    const waiting = [...this.#waiting];
    if (store === undefined || waiting.length === 0) return;
    const keeps = waiting.flatMap(([, edit]) => keepOf(overlay().standing(edit)) ?? []);
    try {
      await store.save(keeps);
      for (const [name, edit] of waiting) if (this.#waiting.get(name) === edit) this.#waiting.delete(name);
    } catch {
      this.#tryAgain();
    }
  }

  /** Tries no more. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #tryAgain(): void {
    if (this.#closed) return;
    this.#timer ??= this.#parts.clock.after(AGAIN_MS, () => {
      this.#timer = undefined;
      void this.flush();
    });
  }
}

/** Words about a client of the file of another balancer, which shares the store: here they mean nothing, and stay there. */
export function isUnknown(edit: Edit, overlay: Overlay): boolean {
  return edit.shelf === "clients" && edit.added === undefined && overlay.clientValues(edit.id) === undefined;
}

function readRow<Row>(what: string, key: string, value: Json, read: (key: string, value: Json) => Row): Row {
  try {
    return read(key, value);
  } catch (error) {
    if (error instanceof RangeError)
      throw new RangeError(`the ${what} ${key} in the store: ${error.message}`);
    throw error;
  }
}
