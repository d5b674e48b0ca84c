const EVERY_MS = 2_000;
/** Messages come once a second, and not to the millisecond. */
const EARLY_MS = 100;

/** The same work, done at most once in two seconds, while the page is seen, and when it is done with the last time. */
export function seldom<Of extends unknown[]>(
  work: (...of: Of) => Promise<void>,
): (...of: Of) => Promise<void> {
  let dueMs = 0;
  return async (...of) => {
    if (document.hidden || performance.now() < dueMs) return;
    dueMs = Infinity;
    const begunMs = performance.now();
    try {
      await work(...of);
    } finally {
      dueMs = begunMs + EVERY_MS - EARLY_MS;
    }
  };
}
