import { Ended } from "../core/ending.ts";
import type { Gate } from "./gate.ts";

/** Counts the sessions that were let in; a refused one that is on its way out takes no place. */
export class SessionLimit {
  readonly #within: SessionLimit | undefined;
  #sessions = 0;
  // One for all sessions: each gives back the same, once.
  readonly #place: Disposable = { [Symbol.dispose]: () => this.#leave() };

  /** What it lets in counts in the limit that it lies `within`, too. */
  constructor(within?: SessionLimit) {
    this.#within = within;
  }

  get sessions(): number {
    return this.#sessions;
  }

  /**
   * Refuses with `listener-full` where `max` were let in, or `maxWithin` by all that lie within the same limit. All gates of
   * one SessionLimit count together.
   */
  gate(max: number, maxWithin = Infinity): Gate {
    return () => {
      if (this.#sessions >= max || (this.#within?.sessions ?? 0) >= maxWithin)
        throw new Ended("listener-full");
      this.#enter();
      return this.#place;
    };
  }

  #enter(): void {
    this.#sessions += 1;
    if (this.#within !== undefined) this.#within.#enter();
  }

  #leave(): void {
    this.#sessions -= 1;
    if (this.#within !== undefined) this.#within.#leave();
  }
}
