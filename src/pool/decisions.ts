import type { Decision, DecisionLog, DecisionQuery, Unrecorded } from "../contract/decision.ts";
import type { Clock, Timer } from "../core/clock.ts";

const KEPT = 1_000;
/** How long decisions are recorded after they were asked for. */
const WANTED_MS = 60_000;
/** One costs a look at all members: more in one second are counted and no more. */
const MOST_PER_SECOND = 100;

/** The latest decisions of all pools, recorded only while they are wanted. */
export class Decisions {
  readonly #clock: Clock;
  readonly #newestSession: () => number;
  readonly #kept: Decision[] = [];
  #next = 0;
  #timer: Timer | undefined;
  #always = false;
  #closed = false;
  #leftOut = 0;
  #second = -1;
  #leftInSecond = 0;
  /** The number of the last session before recording began; undefined while nothing is recorded. */
  #begunAfter: number | undefined;

  /** `newestSession`: the number of the newest session that there is. */
  constructor(clock: Clock, newestSession: () => number = () => 0) {
    this.#clock = clock;
    this.#newestSession = newestSession;
  }

  /** Whether a decision that is made now is to be recorded. */
  get wanted(): boolean {
    return this.#begunAfter !== undefined;
  }

  /** Whether decisions are recorded from now on without being asked for. */
  set always(always: boolean) {
    if (this.#always === always) return;
    this.#always = always;
    if (always) this.#begin();
    else if (this.#timer === undefined) this.#begunAfter = undefined;
  }

  /** Whether there is time for one more decision in this second; one for which there is none is counted. */
  admits(): boolean {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) this.#leftInSecond = MOST_PER_SECOND;
    this.#second = second;
    if (this.#leftInSecond === 0) {
      this.#leftOut += 1;
      return false;
    }
    this.#leftInSecond -= 1;
    return true;
  }

  /** Takes a decision in; above 1 000 the oldest is forgotten. */
  add(decision: Decision): void {
    this.#kept[this.#next] = decision;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** The latest, newest first; for the next minute they are recorded. */
  latest(limit: number): Decision[] {
    this.#want();
    return this.#newestFirst().slice(0, limit);
  }

  /** What is asked for; for the next minute decisions are recorded. `number`: of the session asked for, where there may be one. */
  ask({ limit, session }: DecisionQuery, number: number | undefined): DecisionLog {
    const all = this.#newestFirst();
    const found = session === undefined ? all : all.filter((each) => each.session === session);
    const unrecorded = session !== undefined && found.length === 0 ? this.#whyNot(number) : undefined;
    const log = { decisions: found.slice(0, limit), recording: this.#recording(), leftOut: this.#leftOut };
    this.#want();
    return unrecorded === undefined ? log : { ...log, unrecorded };
  }

  /** Records nothing any more. */
  close(): void {
    this.#closed = true;
    this.#begunAfter = undefined;
    this.#timer?.[Symbol.dispose]();
  }

  #recording(): DecisionLog["recording"] {
    if (this.#always) return "always";
    return this.wanted ? "asked" : "off";
  }

  #newestFirst(): Decision[] {
    return [...this.#kept.slice(this.#next), ...this.#kept.slice(0, this.#next)].reverse();
  }

  #whyNot(number: number | undefined): Unrecorded {
    if (number === undefined || number > this.#newestSession()) return "unknown";
    if (this.#begunAfter === undefined) return "off";
    if (number <= this.#begunAfter) return "before";
    const full = this.#kept.length === KEPT;
    return full || this.#leftOut > 0 ? "left-out" : "no-choice";
  }

  #begin(): void {
    if (this.wanted || this.#closed) return;
    this.#begunAfter = this.#newestSession();
    this.#leftOut = 0;
  }

  #want(): void {
    if (this.#closed) return;
    this.#begin();
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.after(WANTED_MS, () => {
      this.#timer = undefined;
      if (!this.#always) this.#begunAfter = undefined;
    });
  }
}
