import type { Clock } from "./clock.ts";

/** How long other work may have to wait for a slice. */
const SLICE_MS = 5;

/**
 * Does something with each item, one after the other, in slices of 5 ms between which the loop serves what is ready: traffic
 * goes on while thousands of items are worked through. Rejects as `each` throws; the items behind it are left alone.
 */
export async function inSlices<T>(clock: Clock, items: Iterable<T>, each: (item: T) => void): Promise<void> {
  let untilMs = clock.now() + SLICE_MS;
  for (const item of items) {
    each(item);
    if (clock.now() < untilMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    untilMs = clock.now() + SLICE_MS;
  }
}
