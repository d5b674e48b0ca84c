/** A ring of entries, each between the next older and the next newer; one that is alone is its own neighbour. */
class Entry<T> {
  older: Entry<T> = this;
  newer: Entry<T> = this;

  constructor(
    readonly key: string,
    readonly value: T,
  ) {}

  enterBefore(next: Entry<T>): void {
    this.older = next.older;
    this.newer = next;
    next.older.newer = this;
    next.older = this;
  }

  leave(): void {
    this.older.newer = this.newer;
    this.newer.older = this.older;
    this.older = this;
    this.newer = this;
  }
}

/** At most `max` values by key: one more, and the one that was not asked for the longest is forgotten. */
export class Recent<T> {
  readonly #entries = new Map<string, Entry<T>>();
  /** Stands between the newest and the oldest. */
  readonly #end = new Entry<T>("", undefined as T);

  constructor(readonly max: number) {}

  get size(): number {
    return this.#entries.size;
  }

  /** The value of a key, made where there is none. */
  get(key: string, make: () => T): T {
    const entry = this.#entries.get(key) ?? this.#newcomer(key, make());
    entry.leave();
    entry.enterBefore(this.#end);
    return entry.value;
  }

  /** Those not asked for the longest first. */
  *values(): Iterable<T> {
    for (let entry = this.#end.newer; entry !== this.#end; entry = entry.newer) yield entry.value;
  }

  clear(): void {
    this.#entries.clear();
    this.#end.leave();
  }

  #newcomer(key: string, value: T): Entry<T> {
    const entry = new Entry(key, value);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.max) this.#forget(this.#end.newer);
    return entry;
  }

  #forget(entry: Entry<T>): void {
    this.#entries.delete(entry.key);
    entry.leave();
  }
}
