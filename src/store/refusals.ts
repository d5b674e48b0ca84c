import type { Keep } from "./seam.ts";

/** The store is not ours to use as it is: one line that says what is wrong and what to do. It was left untouched. */
export class StoreRefused extends Error {}

/** Nothing was kept, because the store cannot keep anything just now. */
export class StoreDown extends Error {
  constructor(
    reason: string,
    /** When it makes sense to try again. */
    readonly retryAfterMs: number,
    /** The answer is missing: it may have been kept nonetheless. What comes of it for clients is told by `changed`. */
    readonly uncertain = false,
  ) {
    super(reason);
  }
}

/** Nothing of the call was kept, because another balancer changed one of its clients first; `changed` has told what is there now. */
export class StoreConflict extends Error {
  readonly #clients: ReadonlySet<string>;

  /** `clients`: the keys of what another balancer changed. */
  constructor(clients: Iterable<string>) {
    super("another balancer changed the same client at the same time");
    this.#clients = new Set(clients);
  }

  /** Whether it keeps these changes from being kept. */
  isOf(changes: readonly Keep[]): boolean {
    return changes.some(({ shelf, key }) => shelf === "clients" && this.#clients.has(key));
  }
}

/** Nothing was kept, because there would be more than the store takes. */
export class StoreFull extends Error {}
