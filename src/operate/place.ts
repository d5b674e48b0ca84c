/** A backend of a pool. */
export interface Place {
  readonly pool: string;
  readonly backend: string;
}

/** POOL/BACKEND, split at the first slash. */
export function placeIn(text: string): Place {
  const at = text.indexOf("/");
  return { pool: text.slice(0, at), backend: text.slice(at + 1) };
}

/** Where the API has it. */
export function pathOf({ pool, backend }: Place): string {
  return `/api/v1/pools/${encodeURIComponent(pool)}/backends/${encodeURIComponent(backend)}`;
}
