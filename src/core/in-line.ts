/** Lines of work, by a key: of one line each piece begins when the one before it has ended; lines do not wait for each other. */
export class Lines<Key> {
  readonly #last = new Map<Key, Promise<unknown>>();

  /** Work that stands in several lines begins when it is the first in all of them, and holds them all until it has ended. */
  inLine<T>(keys: readonly Key[], work: () => Promise<T>): Promise<T> {
    const before = Promise.all(keys.map((key) => this.#last.get(key)));
    const done = before.then(work);
    const ended: Promise<void> = done.then(ignore, ignore).then(() => {
      for (const key of keys) if (this.#last.get(key) === ended) this.#last.delete(key);
    });
    for (const key of keys) this.#last.set(key, ended);
    return done;
  }
}

function ignore(): void {}
