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

/** Nothing was kept, because there would be more than the store takes. */
export class StoreFull extends Error {}
