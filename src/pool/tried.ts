import type { Backend } from "../live/backend.ts";

/** What one session has dialled so far, and how far it has read its ranking. */
export class Tried {
  /** The session's ranking; undefined before its first choice. */
  ranking: Iterator<Backend> | undefined;
  // Made for the second dial: most sessions need one.
  #backends: Set<Backend> | undefined;

  get size(): number {
    return this.#backends?.size ?? 0;
  }

  add(backend: Backend): void {
    this.#backends ??= new Set();
    this.#backends.add(backend);
  }

  has(backend: Backend): boolean {
    return this.#backends?.has(backend) ?? false;
  }

  /** How many of the tried backends are so. */
  count(holds: (backend: Backend) => boolean): number {
    if (this.#backends === undefined) return 0;
    let count = 0;
    for (const backend of this.#backends) if (holds(backend)) count += 1;
    return count;
  }
}
