const FEWEST = 256;
/** The largest generation; behind it comes 0. */
const LAST_GENERATION = 0xfffffff;

/**
 * What each open file descriptor belongs to. The kernel gives a closed one away again at once, so each has a generation: an
 * event of an earlier one finds nothing.
 */
export class Descriptors<Owner> {
  #owners: (Owner | undefined)[] = [];
  #generations = new Int32Array(FEWEST);

  /** Enters the owner of a descriptor that has none; gives its generation. */
  add(descriptor: number, owner: Owner): number {
    if (descriptor >= this.#generations.length) this.#growFor(descriptor);
    this.#owners[descriptor] = owner;
    return this.#generations[descriptor] as number;
  }

  /** The owner of a descriptor, if it is of that generation still. */
  at(descriptor: number, generation: number): Owner | undefined {
    return this.#generations[descriptor] === generation ? this.#owners[descriptor] : undefined;
  }

  /** Of a descriptor that is entered, or is about to be. */
  generationOf(descriptor: number): number {
    return this.#generations[descriptor] ?? 0;
  }

  /** Call it before the descriptor is closed. */
  delete(descriptor: number): void {
    if (this.#owners[descriptor] === undefined) return;
    this.#owners[descriptor] = undefined;
    this.#generations[descriptor] = ((this.#generations[descriptor] as number) + 1) & LAST_GENERATION;
  }

  #growFor(descriptor: number): void {
    const size = 2 ** Math.ceil(Math.log2(descriptor + 1));
    const generations = new Int32Array(size);
    generations.set(this.#generations);
    this.#generations = generations;
    // Without holes, a look-up stays an index.
    while (this.#owners.length < size) this.#owners.push(undefined);
  }
}
