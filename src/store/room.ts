import type { Keep, Shelf } from "./seam.ts";

/** Something of which a store takes only so much. */
export interface Bound {
  readonly most: number;
  /** How much there is. */
  readonly now: number;
  /** How much of that is under one key; 0: nothing is there. */
  of(shelf: Shelf, key: string): number;
  /** How much would be there after a change. */
  after(change: Keep): number;
  /** What to say where there would be too much. */
  readonly full: string;
}

/** The clients that are there. */
export interface Present {
  readonly size: number;
  has(key: string): boolean;
}

/** At most so many clients. */
export function clientsBound(clients: Present, most: number): Bound {
  return {
    most,
    now: clients.size,
    of: (shelf, key) => Number(shelf === "clients" && clients.has(key)),
    after: ({ shelf, value }) => Number(shelf === "clients" && value !== null),
    full: `the store takes ${most} clients at most`,
  };
}

/** Adds up what would be there after some saves, without copying what is. */
export class Room {
  readonly #bounded: readonly Bounded[];

  constructor(bounds: readonly Bound[]) {
    this.#bounded = bounds.map((bound) => new Bounded(bound));
  }

  /** Takes room for these; where there is too little, says so and takes none. What makes nothing more always has room. */
  refusal(changes: readonly Keep[]): string | undefined {
    const last = [...new Map(changes.map((change) => [keyOf(change), change])).values()];
    const full = this.#bounded.find((each) => !each.admits(last));
    if (full === undefined) for (const each of this.#bounded) each.take(last);
    return full?.bound.full;
  }
}

/** One bound, and what was taken of it so far. */
class Bounded {
  #now: number;
  readonly #taken = new Map<string, number>();

  constructor(readonly bound: Bound) {
    this.#now = bound.now;
  }

  admits(changes: readonly Keep[]): boolean {
    const growth = this.#growth(changes);
    return growth <= 0 || this.#now + growth <= this.bound.most;
  }

  take(changes: readonly Keep[]): void {
    this.#now += this.#growth(changes);
    for (const change of changes) this.#taken.set(keyOf(change), this.bound.after(change));
  }

  #growth(changes: readonly Keep[]): number {
    return changes.reduce((sum, change) => sum + this.bound.after(change) - this.#before(change), 0);
  }

  #before(change: Keep): number {
    return this.#taken.get(keyOf(change)) ?? this.bound.of(change.shelf, change.key);
  }
}

function keyOf({ shelf, key }: Keep): string {
  return `${shelf}/${key}`;
}
