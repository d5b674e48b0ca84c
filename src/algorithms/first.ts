import type { Algorithm } from "./algorithm.ts";

/** Ranks backends as they are written; their weights count for nothing. */
export const first: Algorithm = (backends, _client, skips) =>
  skips === undefined ? backends : backends.filter((backend) => !skips(backend));
