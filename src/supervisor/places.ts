import { Deferred } from "../core/deferred.ts";

/** Lets so many at most go on at once, the others in their order. */
export class Places {
  #free: number;
  readonly #waiting: Deferred<void>[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  /** Resolves with a place, which is the caller's until it is disposed of, once. */
  async take(): Promise<Disposable> {
    if (this.#free > 0) this.#free -= 1;
    else {
      const turn = new Deferred<void>();
      this.#waiting.push(turn);
      await turn.promise;
    }
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#giveBack();
        held = false;
      },
    };
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.resolve();
  }
}
