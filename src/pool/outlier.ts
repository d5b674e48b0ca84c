import type { Backend } from "../core/backend.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { shareOf } from "../core/share.ts";
import type { OutlierSettings } from "./settings.ts";

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
  ejected(backend: Backend, reason: string): void;
  returned(backend: Backend, reason: string): void;
}

/**
 * Passive health: a backend whose dials fail several times in a row is left out for a while, longer each time, but
 * never more than a share of the members at once. One good dial ends the row and the ejection; the ejections are
 * forgotten by one that comes when it has been back as long as it was to be out.
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
    if (conduct === undefined) return;
    conduct.failuresInRow = 0;
    if (conduct.out !== undefined) this.#return(backend, conduct, "it answered");
    else if (this.#clock.now() >= conduct.forgiveAtMs) this.#conduct.delete(backend);
  }

  failed(backend: Backend, members: readonly Backend[], settings: OutlierSettings): void {
    // Dials that were under way when it was ejected say nothing about what it will be like when it returns.
    if (backend.ejected) return;
    const conduct = this.#conduct.get(backend) ?? { ...BLAMELESS };
    this.#conduct.set(backend, conduct);
    conduct.failuresInRow += 1;
    if (conduct.failuresInRow < settings.failures) return;
    if (this.#ejectable(backend, members, settings)) this.#eject(backend, conduct, settings);
  }

  /** Its ejection as it stands now; undefined where it is not ejected. */
  ejectionOf(backend: Backend): Ejection | undefined {
    const out = this.#conduct.get(backend)?.out;
    return out && { reason: out.reason, forMs: Math.max(0, out.untilMs - this.#clock.now()) };
  }

  /** Forgets a backend that is no member any more. */
  forget(backend: Backend): void {
    this.#conduct.get(backend)?.out?.returning[Symbol.dispose]();
    this.#conduct.delete(backend);
  }

  /** Whether it may be ejected as well: the share is rounded down, but one always may where another is left to serve. */
  #ejectable(backend: Backend, members: readonly Backend[], { maxEjected }: OutlierSettings): boolean {
    const serving = members.filter((member) => member.ejected || member.usable);
    const ejected = serving.filter((member) => member.ejected).length;
    const anotherIsLeft = serving.some((member) => member !== backend && member.usable);
    const ceiling = Math.max(anotherIsLeft ? 1 : 0, shareOf(serving.length, maxEjected));
    return maxEjected > 0 && ejected < ceiling;
  }

  #eject(backend: Backend, conduct: Conduct, settings: OutlierSettings): void {
    conduct.ejections = Math.min(conduct.ejections + 1, LONGEST_FACTOR);
    const failures = conduct.failuresInRow;
    conduct.failuresInRow = 0;
    const reason = failures === 1 ? "1 failed dial" : `${failures} failed dials in a row`;
    const lastsMs = conduct.ejections * settings.ejectForMs;
    const untilMs = this.#clock.now() + lastsMs;
    // Good dials for as long as it was out, once it is back, and the ejections are forgotten.
    conduct.forgiveAtMs = untilMs + lastsMs;
    const returning = this.#clock.after(lastsMs, () => this.#return(backend, conduct, "ejection over"));
    conduct.out = { reason, untilMs, returning };
    this.#events.ejected(backend, reason);
  }

  #return(backend: Backend, conduct: Conduct, reason: string): void {
    conduct.out?.returning[Symbol.dispose]();
    conduct.out = undefined;
    this.#events.returned(backend, reason);
  }
}
