import type { Clock, Timer } from "../core/clock.ts";
import type { Session } from "../live/session.ts";

const STEPS = 20;

/**
 * Takes the sessions off one backend over a time, an equal part at each of twenty steps, so that their clients do not all
 * come back at once. A session that the backend has not answered yet goes to another one.
 */
export class Drain implements Disposable {
  readonly #clock: Clock;
  readonly #stepMs: number;
  readonly #sessions: () => readonly Session[];
  readonly #over: () => void;
  #stepsLeft = STEPS;
  #timer: Timer;

  /** `sessions`: all on the backend at the moment it is called. `over` is called after the last step. */
  constructor(clock: Clock, withinMs: number, sessions: () => readonly Session[], over: () => void) {
    this.#clock = clock;
    this.#stepMs = withinMs / STEPS;
    this.#sessions = sessions;
    this.#over = over;
    this.#timer = this.#schedule();
  }

  /** Ends no more sessions. */
  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #schedule(): Timer {
    return this.#clock.after(this.#stepMs, () => {
      const sessions = this.#sessions();
      const part = Math.ceil(sessions.length / this.#stepsLeft);
      for (const session of sessions.slice(0, part)) session.leave("drained");
      this.#stepsLeft -= 1;
      if (this.#stepsLeft > 0) this.#timer = this.#schedule();
      else this.#over();
    });
  }
}
