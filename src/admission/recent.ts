/** At most `max` values by key: one more, and the one that was not asked for the longest is forgotten. */
export class Recent<T> {
  // A Map keeps the order of insertion: the first is the one to forget.
  readonly #values = new Map<string, T>();
  // One iterator for ever: a new one walks over all that was deleted before the first, at each call.
  #oldest = this.#values.keys();

  constructor(readonly max: number) {}

  get size(): number {
    return this.#values.size;
  }

  /** The value of a key, made where there is none. */
  get(key: string, make: () => T): T {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.max) this.#values.delete(this.#oldest.next().value as string);
    return value;
  }

  values(): Iterable<T> {
    return this.#values.values();
  }

  clear(): void {
    this.#values.clear();
    this.#oldest = this.#values.keys();
  }
}
