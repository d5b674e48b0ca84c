import { type Backend, identityOf } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";
import type { Session } from "../core/session.ts";
import { Drain } from "./drain.ts";
import type { Pool } from "./pool.ts";

/** The timed drains under way: at most one of each backend, and none that is over. */
export class Drains {
  readonly #clock: Clock;
  readonly #sessions: () => Iterable<Session>;
  readonly #underWay = new Map<string, Drain>();

  /** `sessions`: all there are at the moment it is called. */
  constructor(clock: Clock, sessions: () => Iterable<Session>) {
    this.#clock = clock;
    this.#sessions = sessions;
  }

  get size(): number {
    return this.#underWay.size;
  }

  /** Ends the backend's sessions within that time; an earlier drain of it must have been called off. */
  begin(pool: string, backend: Backend, withinMs: number): void {
    const key = keyOf(pool, backend);
    const sessions = () => this.#sessionsOn(pool, backend);
    const over = () => void this.#underWay.delete(key);
    this.#underWay.set(key, new Drain(this.#clock, withinMs, sessions, over));
  }

  callOff(pool: string, backend: Backend): void {
    const key = keyOf(pool, backend);
    this.#underWay.get(key)?.[Symbol.dispose]();
    this.#underWay.delete(key);
  }

  /** Calls off those of members for which the order is not the newest word any more; a backend that was removed goes on draining. */
  review(pools: Iterable<Pool>): void {
    if (this.#underWay.size === 0) return;
    for (const { name, members } of pools)
      for (const member of members) if (member.orderedState !== "drain") this.callOff(name, member);
  }

  /** Those that have not ended: one that was told to may linger until its client closes. */
  #sessionsOn(pool: string, { identity }: Backend): Session[] {
    const isOn = ({ backend, origin }: Session) =>
      origin.pool === pool && backend !== null && identityOf(backend) === identity;
    return [...this.#sessions()].filter((each) => each.ending === undefined && isOn(each));
  }
}

function keyOf(pool: string, { identity }: Backend): string {
  return `${pool} ${identity}`;
}
