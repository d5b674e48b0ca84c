import { Chain, type Chained } from "../core/chain.ts";

class Entry<T> implements Chained<Entry<T>> {
  chained = false;
  before: Entry<T> | undefined;
  after: Entry<T> | undefined;

  constructor(
    readonly key: string,
    readonly value: T,
  ) {}
}

/** At most `max` values by key: one more, and the one that was not asked for the longest is forgotten. */
export class Recent<T> {
  readonly #entries = new Map<string, Entry<T>>();
  /** In the order in which they were last asked for. */
  readonly #order = new Chain<Entry<T>>();

  constructor(readonly max: number) {}

  get size(): number {
    return this.#entries.size;
  }

  /** The value of a key, which is no asking for it; undefined where there is none. */
  find(key: string): T | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The value of a key, made where there is none. */
  get(key: string, make: () => T): T {
    const entry = this.#entries.get(key) ?? this.#newcomer(key, make());
    this.#order.delete(entry);
    this.#order.add(entry);
    return entry.value;
  }

  /** Those not asked for the longest first. */
  *values(): Iterable<T> {
    for (const { value } of this.#order) yield value;
  }

  /** At most so many, those that were asked for last first. */
  latest(count: number): (readonly [key: string, value: T])[] {
    const found: (readonly [string, T])[] = [];
    for (const { key, value } of this.#order.newest()) {
      if (found.length === count) break;
      found.push([key, value]);
    }
    return found;
  }

  clear(): void {
    for (const entry of this.#order) this.#forget(entry);
  }

  #newcomer(key: string, value: T): Entry<T> {
    const { first } = this.#order;
    if (first !== undefined && this.#entries.size >= this.max) this.#forget(first);
    const entry = new Entry(key, value);
    this.#entries.set(key, entry);
    return entry;
  }

  #forget(entry: Entry<T>): void {
    this.#entries.delete(entry.key);
    this.#order.delete(entry);
  }
}
