/** The label value of all that have no series of their own; no name in a configuration has parentheses. */
export const REST = "(others)";

type Numbers = readonly number[];

/** The counters of one thing that has series of its own, and how much of them the rest has counted already. */
interface Seen {
  readonly counted: Numbers;
  readonly base: Numbers;
}

/**
 * What the things without series of their own have counted: all that was counted, less what those with series did. It never
 * goes down: what a thing had counted before it got its series, or after it was last looked at, stays with the rest.
 */
export class Rest {
  #seen = new Map<string, Seen>();
  #gone: number[] = [];
  #total: Numbers = [];
  #isNeeded = false;

  /** Whether anything is or was without series of its own. */
  get isNeeded(): boolean {
    return this.#isNeeded;
  }

  /** `shown`: the counters of those with series now; `total`: of all that ever were; `others`: whether some have no series. */
  settle(shown: ReadonlyMap<string, Numbers>, total: Numbers, others: boolean): Numbers {
    // The thing that counts all is another than before.
    if (isLess(total, this.#total)) this.#restart();
    const before = this.#seen;
    this.#seen = new Map();
    for (const [key, counted] of shown) {
      this.#seen.set(key, { counted, base: this.#baseOf(before.get(key), counted) });
      before.delete(key);
    }
    for (const left of before.values()) this.#leave(left);
    this.#total = total;
    this.#isNeeded ||= others;
    const rest = total.map((value, at) => value - (this.#gone[at] ?? 0));
    for (const seen of this.#seen.values()) add(rest, seen, -1);
    return rest;
  }

  #restart(): void {
    this.#seen.clear();
    this.#gone = [];
    this.#isNeeded = false;
  }

  #baseOf(seen: Seen | undefined, counted: Numbers): Numbers {
    if (seen === undefined) return this.#isNeeded ? counted : [];
    if (!isLess(counted, seen.counted)) return seen.base;
    // It was removed and came back.
    this.#leave(seen);
    return [];
  }

  #leave(seen: Seen): void {
    add(this.#gone, seen, 1);
  }
}

/** Adds what a thing counted by itself, or takes it away; in place, as there may be a thousand. */
function add(sum: number[], { counted, base }: Seen, sign: 1 | -1): void {
  for (let at = 0; at < counted.length; at++)
    sum[at] = (sum[at] ?? 0) + sign * ((counted[at] as number) - (base[at] ?? 0));
}

function isLess(one: Numbers, other: Numbers): boolean {
  return one.some((value, at) => value < (other[at] ?? 0));
}
