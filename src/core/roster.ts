/** A member of one roster, which alone sets its seat; -1: on none. */
export interface Enrolled {
  seat: number;
}

/**
 * A set, in no order, for what comes and goes with every connection. A Map or Set replaces its table whenever enough
 * has gone through it, and the tables it has left keep what was in them alive until the next full collection.
 */
export class Roster<T extends Enrolled> implements Iterable<T> {
  readonly #seats: T[] = [];

  get size(): number {
    return this.#seats.length;
  }

  /** Adds a member, which is on one roster at most, and once. */
  add(member: T): void {
    member.seat = this.#seats.push(member) - 1;
  }

  /** Does nothing where it is not there. */
  delete(member: T): void {
    const { seat } = member;
    if (seat === -1) return;
    member.seat = -1;
    const last = this.#seats.pop() as T;
    if (last === member) return;
    this.#seats[seat] = last;
    last.seat = seat;
  }

  /** All that are there now, and still are when their turn comes. */
  *[Symbol.iterator](): Generator<T> {
    for (const member of [...this.#seats]) if (member.seat !== -1) yield member;
  }
}
