import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import { type Enrolled, Roster } from "../core/roster.ts";
import type { Session } from "../live/session.ts";

/** Ages differ by a tenth either way, so that sessions that came together do not return together. */
const JITTER = 0.1;
const LOOKS_PER_AGE = 1_000;
const FASTEST_LOOK_MS = 50;
const SLOWEST_LOOK_MS = 1_000;

/** A session, and when it ends by the Clock. */
class Aging implements Enrolled, Disposable {
  seat = -1;

  constructor(
    readonly session: Session,
    readonly endsAtMs: number,
    readonly roster: Roster<Aging>,
  ) {
    roster.add(this);
  }

  [Symbol.dispose](): void {
    this.roster.delete(this);
  }
}

/**
 * Ends sessions at a maximum age, give or take a tenth: by one look at all of them a thousand times in that age instead of
 * a timer each. No session is ended early; at most a second late.
 */
export class AgeLimit {
  #lookEveryMs = SLOWEST_LOOK_MS;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #aging = new Roster<Aging>();
  #looking = false;

  constructor({ clock, dice }: { readonly clock: Clock; readonly dice: Dice }) {
    this.#clock = clock;
    this.#dice = dice;
  }

  /** Ends the session with `max-age` when its time has come, wherever in its life it is; until the result is disposed of. */
  watch(session: Session, maxAgeMs: number): Disposable | undefined {
    if (maxAgeMs === Infinity) return undefined;
    const ageMs = maxAgeMs * (1 + JITTER * (2 * this.#dice() - 1));
    this.#lookEveryMs = Math.min(SLOWEST_LOOK_MS, Math.max(FASTEST_LOOK_MS, maxAgeMs / LOOKS_PER_AGE));
    if (!this.#looking) this.#lookLater();
    return new Aging(session, session.startedAtMs + ageMs, this.#aging);
  }

  #lookLater(): void {
    this.#looking = true;
    this.#clock.after(this.#lookEveryMs, () => {
      const nowMs = this.#clock.now();
      for (const { session, endsAtMs } of this.#aging) if (nowMs >= endsAtMs) session.end("max-age");
      this.#looking = this.#aging.size > 0;
      if (this.#looking) this.#lookLater();
    });
  }
}
