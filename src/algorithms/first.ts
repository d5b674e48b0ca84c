import type { Algorithm } from "./algorithm.ts";

/** As they are written, whatever their weights. */
export const first: Algorithm = (backends, _client, skips) =>
  skips === undefined ? backends : backends.filter((backend) => !skips(backend));
