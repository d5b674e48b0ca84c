/** Tells which of the things it is shown were not there the last time. */
export class Newcomers<T> {
  #before: ReadonlySet<string> = new Set();

  /** `keyOf` says which thing it is. */
  constructor(readonly keyOf: (thing: T) => string) {}

  among(things: readonly T[]): T[] {
    const before = this.#before;
    this.#before = new Set(things.map(this.keyOf));
    return things.filter((thing) => !before.has(this.keyOf(thing)));
  }
}
