import { escaped } from "../config/shown.ts";

/** A backend of a pool. */
export interface Place {
  readonly pool: string;
  readonly backend: string;
}

/** Reads POOL/BACKEND, split at the first slash; throws a RangeError that says what was expected. */
export function placeIn(text: string): Place {
  const [, pool, backend] = /^([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (pool === undefined || backend === undefined)
    throw new RangeError(`expected POOL/BACKEND, got "${text}"`);
  return { pool, backend };
}

/** As it was read, to stand in a sentence. */
export function named({ pool, backend }: Place): string {
  return escaped(`${pool}/${backend}`);
}

/** Where the API has it. */
export function pathOf({ pool, backend }: Place): string {
  return `/api/v1/pools/${encodeURIComponent(pool)}/backends/${encodeURIComponent(backend)}`;
}
