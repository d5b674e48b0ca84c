import type { Clock } from "../core/clock.ts";
import type { Ending } from "../core/ending.ts";
import type { Backend } from "../live/backend.ts";
import type { Session } from "../live/session.ts";
import { Drain } from "./drain.ts";

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

  /** Takes all sessions off the backend within that time, in the place of an earlier drain of it; Infinity takes none. */
  begin(pool: string, backend: Backend, withinMs: number): void {
    this.callOff(pool, backend);
    if (withinMs === Infinity) return;
    const key = keyOf(pool, backend);
    const sessions = () => this.#sessionsOn(pool, backend);
    const over = () => void this.#underWay.delete(key);
    this.#underWay.set(key, new Drain(this.#clock, withinMs, sessions, over));
  }

  /** Takes all sessions off the backend now, with a word: those that it has not answered go to another one. Returns how many. */
  end(pool: string, backend: Backend, ending: Ending): number {
    const sessions = this.#sessionsOn(pool, backend);
    for (const session of sessions) session.leave(ending);
    return sessions.length;
  }

  /** Does nothing where no drain of the backend is under way. */
  callOff(pool: string, backend: Backend): void {
    if (this.#underWay.size === 0) return;
    const key = keyOf(pool, backend);
    this.#underWay.get(key)?.[Symbol.dispose]();
    this.#underWay.delete(key);
  }

  /** Sessions that have not ended: one that was told to may linger until its client closes. */
  #sessionsOn(pool: string, { identity }: Backend): Session[] {
    const isOn = (session: Session) => session.placeOn === identity && session.pool === pool;
    return [...this.#sessions()].filter((session) => session.ending === undefined && isOn(session));
  }
}

function keyOf(pool: string, { identity }: Backend): string {
  return `${pool} ${identity}`;
}
