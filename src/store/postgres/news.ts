/** Of more changes than this all clients are read instead. */
const MOST_KEYS = 1_000;

/** Which clients others have changed, until they are read: one reading at a time, of all that was heard meanwhile. */
export class News {
  readonly #keys = new Set<string>();
  #ready = false;
  #reading = false;

  /** `read` gets the keys, or undefined for all; it never rejects. */
  constructor(readonly read: (keys: ReadonlySet<string> | undefined) => Promise<void>) {}

  heard(key: string): void {
    if (this.#keys.size <= MOST_KEYS) this.#keys.add(key);
    if (this.#ready && !this.#reading) void this.#readAll();
  }

  /** There is a connection to read with; what was heard since it listens is read now. */
  begin(): void {
    this.#ready = true;
    if (this.#keys.size > 0 && !this.#reading) void this.#readAll();
  }

  /** The next connection begins with a look at everything. */
  end(): void {
    this.#ready = false;
    this.#keys.clear();
  }

  async #readAll(): Promise<void> {
    this.#reading = true;
    while (this.#ready && this.#keys.size > 0) {
      const keys = new Set(this.#keys);
      this.#keys.clear();
      await this.read(keys.size > MOST_KEYS ? undefined : keys);
    }
    this.#reading = false;
  }
}
