import { seededDice } from "#lb/core/dice";
import type { Plan } from "./results.ts";

/** When requests are due, in microseconds since measuring began; what is due before 0 is warm-up. */
export interface Pace {
  /** When the next request may start, of a requester that made `made` measured ones so far; Infinity: never again. */
  dueUs(nowUs: number, made: number): number;
  /** The request that was due has been started. */
  taken(): void;
}

/** Told of each measured request that could not be started in time, with the moment it was due. */
type Drop = (dueUs: number) => void;

/** The pace of a plan; it looks at no clock: what it says depends on the plan and on the moments it is given. */
export function paceOf(plan: Plan, drop: Drop): Pace {
  return plan.ratePerSec === null ? closedPace(plan) : new OpenPace(plan, plan.ratePerSec, drop);
}

/** Every client sends its next request as soon as it has the answer to the last. */
function closedPace({ requestsPerClient, durationMs }: Plan): Pace {
  const quota = requestsPerClient ?? Infinity;
  const endUs = (durationMs ?? Infinity) * 1000;
  return {
    dueUs: (nowUs, made) => (made < quota && nowUs < endUs ? nowUs : Infinity),
    taken() {},
  };
}

/**
 * Requests are due whether or not earlier ones were answered. One that waits longer than the timeout is dropped, and so
 * is one that still waits when the duration ends.
 */
class OpenPace implements Pace {
  readonly #arrivals: Iterator<number, never>;
  readonly #warmupUs: number;
  readonly #patienceUs: number;
  readonly #endUs: number;
  #measured = 0;
  readonly #planned: number;
  #nextUs: number;

  constructor(
    plan: Plan,
    ratePerSec: number,
    readonly drop: Drop,
  ) {
    this.#arrivals = arrivals(ratePerSec, plan.arrival ?? "constant", plan.seed);
    this.#warmupUs = plan.warmupMs * 1000;
    this.#patienceUs = plan.timeoutMs * 1000;
    this.#endUs = (plan.durationMs ?? Infinity) * 1000;
    this.#planned = plan.clients * (plan.requestsPerClient ?? Infinity);
    this.#nextUs = this.#arrival();
  }

  dueUs(nowUs: number): number {
    const latestUs = nowUs >= this.#endUs ? this.#endUs : nowUs - this.#patienceUs;
    while (this.#nextUs < latestUs) {
      if (this.#nextUs >= 0) this.drop(this.#nextUs);
      this.taken();
    }
    return this.#nextUs;
  }

  taken(): void {
    if (this.#nextUs >= 0) this.#measured++;
    const nextUs = this.#arrival();
    this.#nextUs = nextUs < this.#endUs && this.#measured < this.#planned ? nextUs : Infinity;
  }

  #arrival(): number {
    return this.#arrivals.next().value - this.#warmupUs;
  }
}

/**
 * The moments at which requests are due, in microseconds from 0, without end: evenly spaced, or a Poisson process of
 * the same mean rate. The same arguments give the same moments, so that a slow target cannot slow the schedule down.
 */
export function* arrivals(
  ratePerSec: number,
  arrival: "constant" | "poisson",
  seed: number,
): Generator<number, never> {
  const gapUs = 1e6 / ratePerSec;
  if (arrival === "constant") {
    for (let i = 0; ; i++) yield Math.round(i * gapUs);
  }
  const dice = seededDice(seed);
  for (let atUs = 0; ; ) {
    atUs -= Math.log(1 - dice()) * gapUs;
    yield Math.round(atUs);
  }
}
