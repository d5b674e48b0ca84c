import type { Clock, Timer } from "../core/clock.ts";
import type { Session } from "../live/session.ts";

const STEPS = 20;
/** By what part of a step one may be taken early, where it is then taken together with others. */
const EARLY = 0.05;

/** The sessions of one pool that hold a place and have not ended, by the identity of their backend. */
export type Places = ReadonlyMap<string, readonly Session[]>;

/** Sessions of a pool that are to leave their backends. */
export interface Departure {
  readonly pool: string;
  /** Lets the part leave that is due now, where so many steps are left, this one among them. */
  step(places: Places, stepsLeft: number): void;
}

/** A departure, and when its next step is. */
interface UnderWay {
  readonly departure: Departure;
  readonly stepMs: number;
  stepsLeft: number;
  dueAtMs: number;
}

/**
 * Spreads departures over a time, at twenty steps each, so that clients do not all come back at once. Steps that fall
 * nearly together are taken together, by one walk over all sessions, however many departures there are.
 */
export class Departures {
  readonly #clock: Clock;
  readonly #sessions: () => Iterable<Session>;
  readonly #underWay = new Map<string, UnderWay>();
  #timer: Timer | undefined;

  /** `sessions`: all there are at the moment it is called. */
  constructor(clock: Clock, sessions: () => Iterable<Session>) {
    this.#clock = clock;
    this.#sessions = sessions;
  }

  get size(): number {
    return this.#underWay.size;
  }

  /** Begins one, in the place of an earlier one of that key; its last step is over within that time, and where that is 0, now. */
  begin(key: string, departure: Departure, withinMs: number): void {
    const stepMs = withinMs / STEPS;
    const stepsLeft = withinMs > 0 ? STEPS : 1;
    this.#underWay.set(key, { departure, stepMs, stepsLeft, dueAtMs: this.#clock.now() + stepMs });
    if (withinMs > 0) this.#schedule();
    else this.#step();
  }

  /** Until the last step of the one of that key; undefined where none is under way. */
  endsInMs(key: string): number | undefined {
    const each = this.#underWay.get(key);
    return each && Math.max(0, each.dueAtMs + (each.stepsLeft - 1) * each.stepMs - this.#clock.now());
  }

  /** Does nothing where none of that key is under way. */
  callOff(key: string): void {
    if (this.#underWay.delete(key)) this.#schedule();
  }

  /** Takes no more steps. */
  close(): void {
    this.#underWay.clear();
    this.#schedule();
  }

  /** The sessions of these pools by their places: one walk. A session that was told to end may linger, and is not among them. */
  placesOf(pools: ReadonlySet<string>): ReadonlyMap<string, Places> {
    const found = new Map(Array.from(pools, (pool) => [pool, new Map<string, Session[]>()]));
    for (const session of this.#sessions()) {
      const { ending, pool, placeOn } = session;
      const places = placeOn === undefined || ending !== undefined ? undefined : found.get(pool);
      if (places === undefined || placeOn === undefined) continue;
      const there = places.get(placeOn);
      if (there === undefined) places.set(placeOn, [session]);
      else there.push(session);
    }
    return found;
  }

  #schedule(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    if (this.#underWay.size === 0) return;
    let nextMs = Infinity;
    for (const { dueAtMs } of this.#underWay.values()) nextMs = Math.min(nextMs, dueAtMs);
    this.#timer = this.#clock.after(Math.max(0, nextMs - this.#clock.now()), () => this.#step());
  }

  #step(): void {
    const nowMs = this.#clock.now();
    const due = [...this.#underWay].filter(([, { dueAtMs, stepMs }]) => dueAtMs - EARLY * stepMs <= nowMs);
    const found = this.placesOf(new Set(due.map(([, { departure }]) => departure.pool)));
    for (const [key, each] of due) {
      each.departure.step(found.get(each.departure.pool) as Places, each.stepsLeft);
      each.stepsLeft -= 1;
      each.dueAtMs += each.stepMs;
      if (each.stepsLeft === 0) this.#underWay.delete(key);
    }
    this.#schedule();
  }
}
