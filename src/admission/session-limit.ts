import { Ended } from "../core/ending.ts";
import type { Gate } from "./gate.ts";

/** Counts the sessions that were let in; a refused one that is on its way out takes no place. */
export class SessionLimit {
  #sessions = 0;
  // One for all sessions: each gives back the same, once.
  readonly #place: Disposable = { [Symbol.dispose]: () => this.#leave() };

  get sessions(): number {
    return this.#sessions;
  }

  /** Refuses with `listener-full` where `max` were let in. All gates of one SessionLimit count together. */
  gate(max: number): Gate {
    return () => {
      if (this.#sessions >= max) throw new Ended("listener-full");
      this.#sessions += 1;
      return this.#place;
    };
  }

  #leave(): void {
    this.#sessions -= 1;
  }
}
