import type { Backend } from "../live/backend.ts";

/**
 * Builds something once per version of the members, with what was built for the version before at hand. A ranking
 * that began before a change reads on in its own version; what no ranking holds any more is forgotten with its array.
 */
export function perVersion<T extends object>(
  build: (backends: readonly Backend[], previous: T | undefined) => T,
): (backends: readonly Backend[]) => T {
  const built = new WeakMap<readonly Backend[], T>();
  let newest: readonly Backend[] | undefined;
  let value: T | undefined;
  return (backends) => {
    if (backends === newest) return value as T;
    const older = built.get(backends);
    if (older !== undefined) return older;
    value = build(backends, value);
    newest = backends;
    built.set(backends, value);
    return value;
  };
}
