import type { Clock } from "./clock.ts";

/** How long other work may have to wait for a slice. */
const SLICE_MS = 2;

/** Work that may be interrupted wherever it yields, and what comes of it. */
export type Steps<T> = Generator<unknown, T>;

/**
 * Does work in slices of 2 ms, between which the loop serves what is ready: traffic goes on while thousands of steps are
 * made. Work that took more than one slice ends with a pause, so that what follows it is not added to the last one. Rejects
 * as the work throws.
 */
export async function inSlices<T>(clock: Clock, work: Steps<T>): Promise<T> {
  let untilMs = clock.read() + SLICE_MS;
  for (let paused = false; ; ) {
    const { done, value } = work.next();
    if (done && !paused) return value as T;
    if (!done && clock.read() < untilMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    if (done) return value as T;
    paused = true;
    untilMs = clock.read() + SLICE_MS;
  }
}

/** Does work without a pause. */
export function atOnce<T>(work: Steps<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value as T;
  }
}

/** Does something with each item, as steps. */
export function* forEach<T>(items: Iterable<T>, each: (item: T) => void): Steps<void> {
  for (const item of items) yield each(item);
}
