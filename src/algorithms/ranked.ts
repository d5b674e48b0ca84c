import type { Backend } from "../live/backend.ts";
import type { Algorithm, ClientKey } from "./algorithm.ts";

/** Indexes of the backends that a ranking has handed over already. */
export type Taken = ReadonlySet<number>;

/** The index of the best backend that is not taken, of which there is at least one; it counts as read. */
export type PickIndex = (backends: readonly Backend[], taken: Taken, client: ClientKey) => number;

/**
 * Makes an algorithm of a way to pick the best. A ranking remembers itself what it has handed over, because sessions
 * read on while others begin: the second choice of one may come long after the first choice of many.
 */
export function ranked(pick: PickIndex): Algorithm {
  return (backends, client, skips) => new Ranking(pick, backends, client, skips);
}

const nothing: Taken = new Set();

class Ranking implements IterableIterator<Backend, undefined> {
  #latest: number | undefined;
  // Made for the second choice: most sessions need only the first.
  #taken: Set<number> | undefined;

  constructor(
    readonly pick: PickIndex,
    readonly backends: readonly Backend[],
    readonly client: ClientKey,
    skips: ((backend: Backend) => boolean) | undefined,
  ) {
    if (skips !== undefined) this.#taken = indexesOf(backends, skips);
  }

  next(): IteratorResult<Backend, undefined> {
    const taken = this.#takenSoFar();
    if (taken.size === this.backends.length) return { done: true, value: undefined };
    this.#latest = this.pick(this.backends, taken, this.client);
    return { done: false, value: this.backends[this.#latest] as Backend };
  }

  #takenSoFar(): Taken {
    if (this.#latest === undefined) return this.#taken ?? nothing;
    this.#taken ??= new Set();
    return this.#taken.add(this.#latest);
  }

  [Symbol.iterator](): this {
    return this;
  }
}

function indexesOf(backends: readonly Backend[], skips: (backend: Backend) => boolean): Set<number> {
  const found = new Set<number>();
  for (let index = 0; index < backends.length; index++)
    if (skips(backends[index] as Backend)) found.add(index);
  return found;
}
