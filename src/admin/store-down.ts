/** What a store says where it cannot keep a change, and when it is worth asking again. */
interface StoreDown extends Error {
  readonly retryAfterMs: number;
}

/** The store stands below the control plane, which passes its errors on. */
export function isStoreDown(error: unknown): error is StoreDown {
  return error instanceof Error && "retryAfterMs" in error && typeof error.retryAfterMs === "number";
}
