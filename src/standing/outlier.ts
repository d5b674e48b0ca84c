import type { OutlierSettings } from "../contract/pool.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { shareOf } from "../core/share.ts";
import type { Census } from "./census.ts";
import { type Fault, wordsFor } from "./fault.ts";
import type { Standing } from "./standing.ts";
import type { Tenant } from "./tenant.ts";

const LONGEST_FACTOR = 10;
/** How long a session that is neither answered nor ended may try a backend. */
const LONGEST_TRIAL_MS = 5_000;
const KEPT = `it kept a session for ${LONGEST_TRIAL_MS / 1_000} s`;

/** Why a backend is out, and for how much longer, in milliseconds. */
export interface Ejection {
  readonly reason: string;
  readonly forMs: number;
}

/** An ejection, and the trial behind it. */
interface Out {
  readonly reason: string;
  readonly untilMs: number;
  /** Whether only an answer shows that the backend is well, and not a dial that came through. */
  readonly needsAnswer: boolean;
  /** Until the ejection is over, then until the trial is. */
  timer: Timer | undefined;
  /** The session that tries the backend. */
  trying: Tenant | undefined;
}

/** How a backend has behaved. */
interface Conduct {
  /** In a row. */
  faults: Record<Fault, number>;
  ejections: number;
  /** From when on a good session makes the ejections forgotten. */
  forgiveAtMs: number;
  out: Out | undefined;
}

/** Told what becomes of backends. */
export interface OutlierEvents {
  ejected(standing: Standing, reason: string): void;
  /** Its ejection is over, or its trial had no outcome: one session may try it. */
  onTrial(standing: Standing): void;
  /** It is in again. */
  returned(standing: Standing, reason: string): void;
}

/**
 * Passive health: a backend that fails several sessions in a row is left out for a while, longer each time, but never more
 * than a share of the members at once. A good one ends the row; so does a good dial, where dials alone had failed. When the time
 * is over, one session tries the backend and decides whether it is in again or out once more. The ejections are forgotten by
 * a good session that comes when it has been back as long as it was to be out.
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

  /** How many backends there are against which something was held that is not forgotten. */
  get suspects(): number {
    return this.#conduct.size;
  }

  /** A session has the place on a backend that is on trial. */
  tries(standing: Standing, tenant: Tenant): void {
    const out = this.#conduct.get(standing)?.out;
    if (out !== undefined) out.trying = tenant;
  }

  /** A dial came through. */
  connected(standing: Standing, tenant?: Tenant): void {
    const conduct = this.#conduct.get(standing);
    const { out, faults } = conduct ?? {};
    if (conduct === undefined) return;
    if (out === undefined) {
      if (faults?.unanswered === 0 && faults.early === 0) this.#calm(standing, conduct);
    } else if (!out.needsAnswer) this.#return(standing, conduct, "it answered");
    else if (standing.onTrial && tenant !== undefined && tenant === out.trying)
      out.timer = this.#clock.after(LONGEST_TRIAL_MS, () => this.#return(standing, conduct, KEPT));
  }

  /** A session was answered, and not ended early. */
  answered(standing: Standing, tenant: Tenant): void {
    const conduct = this.#conduct.get(standing);
    if (conduct === undefined) return;
    const { out } = conduct;
    if (out === undefined) this.#calm(standing, conduct);
    // Others were connected before it was ejected: they do not tell what it is like now.
    else if (tenant === out.trying || (standing.ejected && tenant.how === "last-resort"))
      this.#return(standing, conduct, "it answered");
  }

  /** Something is held against a backend; `tenant`: the session by which it was found. */
  failed(standing: Standing, fault: Fault, settings: OutlierSettings, tenant?: Tenant): void {
    // What was under way when it was ejected says nothing about what it will be like when it returns.
    if (standing.ejected) return;
    const conduct = this.#conduct.get(standing) ?? blameless();
    this.#conduct.set(standing, conduct);
    if (conduct.out !== undefined && tenant !== undefined && tenant !== conduct.out.trying) return;
    conduct.faults[fault] += 1;
    if (conduct.out !== undefined) this.#failedTrial(standing, conduct, settings);
    else if (sumOf(conduct.faults) >= settings.failures && this.#isEjectable(standing, settings))
      this.#eject(standing, conduct, settings, wordsFor(conduct.faults));
  }

  /** The session that tried a backend is over, and nothing was seen of it: the next one tries it. */
  undecided(standing: Standing, tenant: Tenant): void {
    const out = this.#conduct.get(standing)?.out;
    if (out === undefined || out.trying !== tenant) return;
    out.timer?.[Symbol.dispose]();
    out.trying = undefined;
    if (standing.onTrial) this.#events.onTrial(standing);
  }

  /** A backend's ejection as it stands now; undefined where it is not ejected. */
  ejectionOf(standing: Standing): Ejection | undefined {
    const out = this.#conduct.get(standing)?.out;
    return out && { reason: out.reason, forMs: Math.max(0, out.untilMs - this.#clock.now()) };
  }

  /** Forgets a backend that is no member any more. */
  forget(standing: Standing): void {
    this.#conduct.get(standing)?.out?.timer?.[Symbol.dispose]();
    this.#conduct.delete(standing);
  }

  /** Whether one more backend may be out: the share is rounded down, but one always may where another can serve. */
  #isEjectable(standing: Standing, { maxEjected }: OutlierSettings): boolean {
    const { sound, ejected } = this.#census;
    const { usable, onTrial } = standing;
    const anotherServes = sound - (usable && !onTrial ? 1 : 0) > 0;
    const ceiling = Math.max(anotherServes ? 1 : 0, shareOf(sound + ejected, maxEjected));
    return maxEjected > 0 && ejected - (onTrial ? 1 : 0) < ceiling;
  }

  #failedTrial(standing: Standing, conduct: Conduct, settings: OutlierSettings): void {
    const reason = `${wordsFor(conduct.faults)} on trial`;
    if (this.#isEjectable(standing, settings)) this.#eject(standing, conduct, settings, reason);
    else this.#return(standing, conduct, reason);
  }

  #eject(standing: Standing, conduct: Conduct, settings: OutlierSettings, reason: string): void {
    conduct.out?.timer?.[Symbol.dispose]();
    conduct.ejections = Math.min(conduct.ejections + 1, LONGEST_FACTOR);
    const needsAnswer = conduct.faults.unanswered > 0 || conduct.faults.early > 0;
    conduct.faults = none();
    const lastsMs = conduct.ejections * settings.ejectForMs;
    const untilMs = this.#clock.now() + lastsMs;
    // Good sessions for as long as it was out, once it is back, and the ejections are forgotten.
    conduct.forgiveAtMs = untilMs + lastsMs;
    const timer = this.#clock.after(lastsMs, () => this.#events.onTrial(standing));
    conduct.out = { reason, untilMs, needsAnswer, timer, trying: undefined };
    this.#events.ejected(standing, reason);
  }

  #return(standing: Standing, conduct: Conduct, reason: string): void {
    conduct.out?.timer?.[Symbol.dispose]();
    conduct.out = undefined;
    this.#events.returned(standing, reason);
  }

  /** The row is over. */
  #calm(standing: Standing, conduct: Conduct): void {
    conduct.faults = none();
    if (this.#clock.now() >= conduct.forgiveAtMs) this.#conduct.delete(standing);
  }
}

function blameless(): Conduct {
  return { faults: none(), ejections: 0, forgiveAtMs: 0, out: undefined };
}

function none(): Record<Fault, number> {
  return { dial: 0, unanswered: 0, early: 0 };
}

function sumOf({ dial, unanswered, early }: Record<Fault, number>): number {
  return dial + unanswered + early;
}
