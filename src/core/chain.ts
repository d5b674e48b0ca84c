/** What may stand in one chain; whether it does, and between whom, is the chain's to know. */
export interface Chained<T> {
  chained: boolean;
  before: T | undefined;
  after: T | undefined;
}

/**
 * A set in the order of joining. Who reads a Set from its front walks over the places of all that have left there,
 * until it makes its table anew: a queue pays for everybody who was served before.
 */
export class Chain<T extends Chained<T>> implements Iterable<T> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whoever has been there the longest. */
  get first(): T | undefined {
    return this.#first;
  }

  /** Behind all others. Nobody may be in it twice, nor in two at once. */
  add(member: T): void {
    member.chained = true;
    member.before = this.#last;
    member.after = undefined;
    if (this.#last === undefined) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
    this.#size += 1;
  }

  /** Does nothing where it is not there. */
  delete(member: T): void {
    if (!member.chained) return;
    member.chained = false;
    const { before, after } = member;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // Whoever holds on to it would hold on to all that joined after it.
    member.before = undefined;
    member.after = undefined;
    this.#size -= 1;
  }

  /** First come, first; whoever has just been read may be deleted before the next is. */
  *[Symbol.iterator](): Generator<T> {
    for (let member = this.#first; member !== undefined; ) {
      const { after } = member;
      yield member;
      member = after;
    }
  }
}
