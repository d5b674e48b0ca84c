import type { Backend } from "../core/backend.ts";
import type { Clock, Timer } from "../core/clock.ts";
import type { OutlierSettings } from "./settings.ts";

const LONGEST_FACTOR = 10;

interface Conduct {
  failuresInRow: number;
  ejections: number;
  returning: Timer | undefined;
}

/** Told when a backend is ejected, and when its time is over. */
export interface OutlierEvents {
  ejected(backend: Backend, reason: string): void;
  returned(backend: Backend): void;
}

/**
 * Passive health: a backend whose dials fail several times in a row is left out for a while, longer each time, but
 * never more than a share of the members at once. One good dial ends the row; the ejections are forgotten one by one.
 */
export class Outliers {
  readonly #clock: Clock;
  readonly #events: OutlierEvents;
  readonly #conduct = new Map<Backend, Conduct>();

  constructor(clock: Clock, events: OutlierEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  succeeded(backend: Backend): void {
    const conduct = this.#conduct.get(backend);
    if (conduct === undefined || backend.ejected) return;
    conduct.failuresInRow = 0;
    conduct.ejections -= 1;
    if (conduct.ejections <= 0) this.#conduct.delete(backend);
  }

  failed(backend: Backend, members: readonly Backend[], settings: OutlierSettings): void {
    const conduct = this.#conduct.get(backend) ?? { failuresInRow: 0, ejections: 0, returning: undefined };
    this.#conduct.set(backend, conduct);
    conduct.failuresInRow += 1;
    if (conduct.failuresInRow < settings.failures || backend.ejected) return;
    if (this.#ejectable(members, settings)) this.#eject(backend, conduct, settings);
  }

  /** Forgets a backend that is no member any more. */
  forget(backend: Backend): void {
    this.#conduct.get(backend)?.returning?.[Symbol.dispose]();
    this.#conduct.delete(backend);
  }

  /** Whether one more may be ejected: the share is rounded down, but one always may where another is left. */
  #ejectable(members: readonly Backend[], settings: OutlierSettings): boolean {
    const ejected = members.filter((member) => member.ejected).length;
    const ceiling = Math.max(members.length > 1 ? 1 : 0, Math.floor(members.length * settings.maxEjected));
    return settings.maxEjected > 0 && ejected < ceiling;
  }

  #eject(backend: Backend, conduct: Conduct, settings: OutlierSettings): void {
    conduct.ejections = Math.min(conduct.ejections + 1, LONGEST_FACTOR);
    const failures = conduct.failuresInRow;
    conduct.failuresInRow = 0;
    conduct.returning = this.#clock.after(conduct.ejections * settings.ejectForMs, () => {
      this.#events.returned(backend);
    });
    this.#events.ejected(backend, `${failures} failed dials in a row`);
  }
}
