/** A member of one heap, whose time stays while it is there; the heap alone sets the rest. */
export interface Due {
  readonly atMs: number;
  /** -1: in none. */
  seat: number;
  /** Of two with the same time the lower comes first. */
  turn: number;
}

/**
 * What falls due, the earliest first; of the same time, in the order of their coming. To come and to go costs no more than the
 * height of the heap, and leaves nothing behind.
 */
export class DueHeap<T extends Due> {
  readonly #seats: T[] = [];
  #turns = 0;

  get first(): T | undefined {
    // A read behind an array's end costs a compiler what it has made of it.
    return this.#seats.length === 0 ? undefined : this.#seats[0];
  }

  /** Adds a member that is in no heap. */
  add(member: T): void {
    member.turn = this.#turns;
    this.#turns += 1;
    this.#rise(member, this.#seats.push(member) - 1);
  }

  /** Does nothing where it is not there. */
  delete(member: T): void {
    const { seat } = member;
    if (seat === -1) return;
    member.seat = -1;
    const last = this.#seats.pop() as T;
    if (last === member) return;
    if (isBefore(last, member)) this.#rise(last, seat);
    else this.#sink(last, seat);
  }

  /** Seats a member there, or above as far as it comes before what sits in its way. */
  #rise(member: T, from: number): void {
    let seat = from;
    while (seat > 0) {
      const above = (seat - 1) >> 1;
      const other = this.#seats[above] as T;
      if (isBefore(other, member)) break;
      this.#sit(other, seat);
      seat = above;
    }
    this.#sit(member, seat);
  }

  /** Seats a member there, or below as far as it comes behind what sits in its way. */
  #sink(member: T, from: number): void {
    let seat = from;
    for (;;) {
      const below = this.#earlierBelow(seat);
      const other = this.#seats[below];
      if (other === undefined || isBefore(member, other)) break;
      this.#sit(other, seat);
      seat = below;
    }
    this.#sit(member, seat);
  }

  /** The seat of the earlier of the two below; behind the last seat where there is none. */
  #earlierBelow(seat: number): number {
    const left = 2 * seat + 1;
    const right = this.#seats[left + 1];
    return right !== undefined && isBefore(right, this.#seats[left] as T) ? left + 1 : left;
  }

  #sit(member: T, seat: number): void {
    this.#seats[seat] = member;
    member.seat = seat;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.turn < other.turn);
}
