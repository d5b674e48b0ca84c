import type { Decision } from "../contract/decision.ts";
import type { Clock, Timer } from "../core/clock.ts";

const KEPT = 1_000;
/** How long decisions are recorded after they were asked for. */
const WANTED_MS = 60_000;

/** The latest decisions of all pools, recorded only while they are wanted. */
export class Decisions {
  /** Whether a decision that is made now is to be recorded. */
  wanted = false;
  readonly #clock: Clock;
  readonly #kept: Decision[] = [];
  #next = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a decision in; above 1 000 the oldest is forgotten. */
  add(decision: Decision): void {
    this.#kept[this.#next] = decision;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The latest, newest first; for the next minute they are recorded. */
  latest(limit: number): Decision[] {
    this.#want();
    const ordered = [...this.#kept.slice(this.#next), ...this.#kept.slice(0, this.#next)];
    return ordered.reverse().slice(0, limit);
  }

  #want(): void {
    this.wanted = true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.after(WANTED_MS, () => {
      this.wanted = false;
    });
  }
}
