/** Lines of work, by a key: of one line each piece begins when the one before it has ended; lines do not wait for each other. */
export class Lines<Key> {
  readonly #last = new Map<Key, Promise<unknown>>();

  inLine<T>(key: Key, work: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(key) ?? Promise.resolve()).then(work);
    const ended: Promise<void> = done.then(ignore, ignore).then(() => {
      if (this.#last.get(key) === ended) this.#last.delete(key);
    });
    this.#last.set(key, ended);
    return done;
  }
}

function ignore(): void {}
