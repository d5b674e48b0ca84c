import type { Clock } from "../core/clock.ts";
import type { Ending } from "../core/ending.ts";
import type { Backend } from "../live/backend.ts";
import type { Session } from "../live/session.ts";
import { Departures, type Places } from "./departures.ts";
import { Drain } from "./drain.ts";
import { Rebalance } from "./rebalance.ts";

/** The drains and rebalances under way: at most one drain of each backend and one rebalance of each pool, and none that is over. */
export class Drains {
  readonly #clock: Clock;
  readonly #departures: Departures;

  /** `sessions`: all there are at the moment it is called. */
  constructor(clock: Clock, sessions: () => Iterable<Session>) {
    this.#clock = clock;
    this.#departures = new Departures(clock, sessions);
  }

  get size(): number {
    return this.#departures.size;
  }

  /** Takes all sessions off the backend within that time, in the place of an earlier drain of it; Infinity takes none. */
  begin(pool: string, backend: Backend, withinMs: number): void {
    const key = keyOf(pool, backend);
    if (withinMs === Infinity) this.#departures.callOff(key);
    else this.#departures.begin(key, new Drain(pool, backend.identity), withinMs);
  }

  /**
   * Takes sessions off the members of a pool that have more than their fair share within that time, see Rebalance, in the place
   * of an earlier rebalance of it; Infinity takes none.
   */
  rebalance(pool: string, members: () => readonly Backend[], share: number, withinMs: number): void {
    if (withinMs === Infinity) {
      this.#departures.callOff(pool);
      return;
    }
    const places = this.#placesIn(pool);
    const rebalance = new Rebalance(pool, members, () => this.#clock.now(), places, share);
    this.#departures.begin(pool, rebalance, withinMs);
  }

  /** Takes all sessions off the backend now, with a word: sessions that it has not answered go to another one. Returns how many. */
  end(pool: string, { identity }: Backend, ending: Ending): number {
    const sessions = this.#placesIn(pool).get(identity) ?? [];
    for (const session of sessions) session.leave(ending);
    return sessions.length;
  }

  /** Until the drain of the backend is over; null where none with a time is under way. */
  endsInMs(pool: string, backend: Backend): number | null {
    return this.size === 0 ? null : (this.#departures.endsInMs(keyOf(pool, backend)) ?? null);
  }

  /** Does nothing where no drain of the backend is under way. */
  callOff(pool: string, backend: Backend): void {
    if (this.size > 0) this.#departures.callOff(keyOf(pool, backend));
  }

  /** Ends no more sessions. */
  close(): void {
    this.#departures.close();
  }

  #placesIn(pool: string): Places {
    return this.#departures.placesOf(new Set([pool])).get(pool) as Places;
  }
}

/** No pool's name has a space in it, by which a pool's rebalance is known. */
function keyOf(pool: string, { identity }: Backend): string {
  return `${pool} ${identity}`;
}
