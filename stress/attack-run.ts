import type { NetConnectOpts } from "node:net";
import { type Pace, paceOf } from "./pace.ts";
import { Punctuality } from "./punctuality.ts";
import { type Recording, type Run, WARM_UP } from "./recording.ts";
import { Requester } from "./requester.ts";
import type { Plan } from "./results.ts";
import type { Timekeeper } from "./timekeeper.ts";

/** What goes on beside a run. */
export interface AttackOptions {
  /** Ends the run at once; what was recorded stays. */
  readonly signal?: AbortSignal | undefined;
  /** Called about ten times a second with the time since measuring began, negative while warming up. */
  readonly watch?: ((elapsedMs: number) => void) | undefined;
}

const LONGEST_SWEEP_MS = 100;
/** One is the most exact, and costs a sixth of the highest rate; with four, a request waits 0.1 ms for its neighbours. */
const STARTS_PER_TURN = 2;

/**
 * Hands due requests to free requesters, a few in a turn of the event loop; it is over when none will be due any more and
 * every requester is free.
 */
export class AttackRun {
  readonly #originMs: number;
  readonly #pace: Pace;
  readonly #requesters: readonly Requester[];
  /** Free since the last turn; the connection may still be to be closed. */
  readonly #freed: Requester[] = [];
  readonly #free: Requester[];
  /** Free, with nothing to do any more. */
  #done = 0;
  readonly #punctuality: Punctuality;
  #turn: NodeJS.Immediate | undefined;
  #ringsAtUs = Infinity;
  #sequence = 0;
  #warmup = 0;
  #lastUs = 0;
  #aborted = false;
  #over: () => void = () => {};

  constructor(
    target: NetConnectOpts,
    readonly plan: Plan,
    readonly recording: Recording,
    readonly timekeeper: Timekeeper,
  ) {
    this.#originMs = performance.now() + plan.warmupMs;
    this.#punctuality = new Punctuality(plan.model);
    this.#pace = paceOf(plan, (dueUs) => this.#punctuality.drop(this.#nowUs(), dueUs));
    const conditions = {
      target,
      recording,
      requestsPerConnection: plan.requestsPerConnection,
      timeoutMs: plan.timeoutMs,
      nowUs: () => this.#nowUs(),
      freed: (requester: Requester) => this.#take(requester),
    };
    this.#requesters = Array.from({ length: plan.clients }, () => new Requester(conditions));
    this.#free = this.#requesters.toReversed();
  }

  /** Makes the whole run; it is made once. */
  async toItsEnd({ signal, watch }: AttackOptions) {
    // One sweep finds all overdue requests: a timer for each would cost more than the request.
    const sweepMs = Math.min(LONGEST_SWEEP_MS, Math.ceil(this.plan.timeoutMs / 10));
    const sweep = setInterval(() => this.#sweep(watch), sweepMs);
    const abort = () => this.#abort();
    signal?.addEventListener("abort", abort);
    this.timekeeper.ring = () => {
      this.#ringsAtUs = Infinity;
      this.#soon();
    };
    await new Promise<void>((over) => {
      this.#over = over;
      if (signal?.aborted) abort();
      else this.#soon();
    });
    signal?.removeEventListener("abort", abort);
    clearInterval(sweep);
    for (const requester of this.#requesters) requester.hangUp();
    return this.#outcome();
  }

  #outcome(): Omit<Run, "startedAt" | "loopDelayP99Us" | "cpuShare"> {
    const { dropped, crowdedOut, lagP99Us } = this.#punctuality;
    return {
      durationMs: Math.max(0, this.#lastUs) / 1000,
      dropped,
      crowdedOut,
      warmup: this.#warmup,
      aborted: this.#aborted,
      scheduleLagP99Us: lagP99Us,
    };
  }

  #nowUs(): number {
    return Math.round((performance.now() - this.#originMs) * 1000);
  }

  #take(requester: Requester): void {
    this.#lastUs = this.#nowUs();
    if (this.#free.length + this.#freed.length === 0) this.#punctuality.freeSince(this.#lastUs);
    this.#freed.push(requester);
    this.#soon();
  }

  /**
   * Closing and dialling take longer than all the rest of a request. All answers that are there are dated first, and new
   * ones are looked for after a few dials, so that no request counts the work for many others as its server's time.
   */
  #soon(): void {
    if (!this.#aborted) this.#turn ??= setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#turn = undefined;
    let started = true;
    for (let i = 0; i < STARTS_PER_TURN && started; i++) {
      this.#tidyOne();
      started = this.#startOneThatIsDue();
    }
    if (started || this.#freed.length > 0) this.#soon();
    else if (this.#done === this.#requesters.length) this.#over();
  }

  #tidyOne(): void {
    const freed = this.#freed.shift();
    if (freed === undefined) return;
    freed.closeIfSpent();
    this.#free.push(freed);
  }

  #startOneThatIsDue(): boolean {
    for (let next = this.#free.at(-1); next !== undefined; next = this.#free.at(-1)) {
      const nowUs = this.#nowUs();
      const dueUs = this.recording.full ? Infinity : this.#pace.dueUs(nowUs, next.made);
      if (dueUs <= nowUs) {
        this.#free.pop();
        this.#pace.taken();
        this.#start(next, nowUs, dueUs);
        return true;
      }
      if (dueUs < Infinity) {
        this.#ringAt(dueUs, nowUs);
        return false;
      }
      this.#free.pop();
      this.#done++;
    }
    return false;
  }

  #start(requester: Requester, nowUs: number, dueUs: number): void {
    const payload = payloadOf(this.#sequence++, this.plan.payloadBytes);
    if (dueUs < 0) this.#warmup++;
    else {
      requester.made++;
      this.#punctuality.started(nowUs, dueUs);
    }
    requester.request(dueUs < 0 ? WARM_UP : this.recording.start(nowUs, dueUs), payload);
  }

  #ringAt(dueUs: number, nowUs: number): void {
    if (dueUs === this.#ringsAtUs) return;
    this.#ringsAtUs = dueUs;
    this.timekeeper.ringIn((dueUs - nowUs) / 1000);
  }

  #sweep(watch?: (elapsedMs: number) => void): void {
    const nowUs = this.#nowUs();
    for (const requester of this.#requesters) requester.expire(nowUs);
    watch?.(nowUs / 1000);
  }

  #abort(): void {
    this.#aborted = true;
    this.#lastUs = this.#nowUs();
    clearImmediate(this.#turn);
    this.#over();
  }
}

/** A text of so many bytes that differs from request to request, so that a crossed answer is noticed. */
function payloadOf(sequence: number, bytes: number): string {
  const digits = String(sequence).padStart(bytes, "0");
  return digits.slice(digits.length - bytes);
}
