import type { OutlierSettings } from "../contract/pool.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { shareOf } from "../core/share.ts";
import type { Census } from "./census.ts";
import type { Standing } from "./standing.ts";

const LONGEST_FACTOR = 10;

/** Why a backend is out, and for how much longer, in milliseconds. */
export interface Ejection {
  readonly reason: string;
  readonly forMs: number;
}

interface Conduct {
  failuresInRow: number;
  ejections: number;
  /** From when on a good dial makes the ejections forgotten. */
  forgiveAtMs: number;
  out: { readonly reason: string; readonly untilMs: number; readonly returning: Timer } | undefined;
}

const BLAMELESS: Conduct = { failuresInRow: 0, ejections: 0, forgiveAtMs: 0, out: undefined };

/** Told when a backend is ejected, and when that is over. */
export interface OutlierEvents {
  ejected(standing: Standing, reason: string): void;
  returned(standing: Standing, reason: string): void;
}

/**
 * Passive health: a backend whose dials fail several times in a row is left out for a while, longer each time, but
 * never more than a share of the members at once. One good dial ends the row and the ejection; the ejections are
 * forgotten by one that comes when it has been back as long as it was to be out.
 */
export class Outliers {
  readonly #clock: Clock;
  readonly #census: Census;
  readonly #events: OutlierEvents;
  readonly #conduct = new Map<Standing, Conduct>();

  /** `census`: of the pool's members. */
  constructor(clock: Clock, census: Census, events: OutlierEvents) {
    this.#clock = clock;
    this.#census = census;
    this.#events = events;
  }

  succeeded(standing: Standing): void {
    const conduct = this.#conduct.get(standing);
    if (conduct === undefined) return;
    conduct.failuresInRow = 0;
    if (conduct.out !== undefined) this.#return(standing, conduct, "it answered");
    else if (this.#clock.now() >= conduct.forgiveAtMs) this.#conduct.delete(standing);
  }

  failed(standing: Standing, settings: OutlierSettings): void {
    // Dials that were under way when it was ejected say nothing about what it will be like when it returns.
    if (standing.ejected) return;
    const conduct = this.#conduct.get(standing) ?? { ...BLAMELESS };
    this.#conduct.set(standing, conduct);
    conduct.failuresInRow += 1;
    if (conduct.failuresInRow < settings.failures) return;
    if (this.#isEjectable(standing, settings)) this.#eject(standing, conduct, settings);
  }

  /** A backend's ejection as it stands now; undefined where it is not ejected. */
  ejectionOf(standing: Standing): Ejection | undefined {
    const out = this.#conduct.get(standing)?.out;
    return out && { reason: out.reason, forMs: Math.max(0, out.untilMs - this.#clock.now()) };
  }

  /** Forgets a backend that is no member any more. */
  forget(standing: Standing): void {
    this.#conduct.get(standing)?.out?.returning[Symbol.dispose]();
    this.#conduct.delete(standing);
  }

  /** Whether one more backend may be ejected: the share is rounded down, but one always may where another can serve. */
  #isEjectable(standing: Standing, { maxEjected }: OutlierSettings): boolean {
    const { usable, ejected } = this.#census;
    const anotherServes = usable - (standing.usable ? 1 : 0) > 0;
    const ceiling = Math.max(anotherServes ? 1 : 0, shareOf(usable + ejected, maxEjected));
    return maxEjected > 0 && ejected < ceiling;
  }

  #eject(standing: Standing, conduct: Conduct, settings: OutlierSettings): void {
    conduct.ejections = Math.min(conduct.ejections + 1, LONGEST_FACTOR);
    const failures = conduct.failuresInRow;
    conduct.failuresInRow = 0;
    const reason = failures === 1 ? "1 failed dial" : `${failures} failed dials in a row`;
    const lastsMs = conduct.ejections * settings.ejectForMs;
    const untilMs = this.#clock.now() + lastsMs;
    // Good dials for as long as it was out, once it is back, and the ejections are forgotten.
    conduct.forgiveAtMs = untilMs + lastsMs;
    const returning = this.#clock.after(lastsMs, () => this.#return(standing, conduct, "ejection over"));
    conduct.out = { reason, untilMs, returning };
    this.#events.ejected(standing, reason);
  }

  #return(standing: Standing, conduct: Conduct, reason: string): void {
    conduct.out?.returning[Symbol.dispose]();
    conduct.out = undefined;
    this.#events.returned(standing, reason);
  }
}
