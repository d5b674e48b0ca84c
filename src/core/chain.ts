/** A member of one chain; the chain alone sets these fields. */
export interface Chained<T> {
  chained: boolean;
  before: T | undefined;
  after: T | undefined;
}

/**
 * A set in the order of joining. A Set that is read from its front walks over the places of all members that have left
 * there, until it makes its table anew: a queue would pay for each session that it has served.
 */
export class Chain<T extends Chained<T>> implements Iterable<T> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The member that has been there the longest. */
  get first(): T | undefined {
    return this.#first;
  }

  /** Puts a member behind all others. A member is in one chain at most, and once. */
  add(member: T): void {
    member.chained = true;
    member.before = this.#last;
    member.after = undefined;
    if (this.#last === undefined) this.#first = member;
    else this.#last.after = member;
    this.#last = member;
    this.#size += 1;
  }

  /** Takes a member out; does nothing where it is in no chain. */
  delete(member: T): void {
    if (!member.chained) return;
    member.chained = false;
    const { before, after } = member;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // A reference to it must not keep alive all that joined after it.
    member.before = undefined;
    member.after = undefined;
    this.#size -= 1;
  }

  /** Those that joined last first; the chain must not change meanwhile. */
  *newest(): Generator<T> {
    for (let member = this.#last; member !== undefined; member = member.before) yield member;
  }

  /** In the order of joining; the member that was just read may be deleted before the next is read. */
  *[Symbol.iterator](): Generator<T> {
    for (let member = this.#first; member !== undefined; ) {
      const { after } = member;
      yield member;
      member = after;
    }
  }
}
