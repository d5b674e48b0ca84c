import type { NetConnectOpts } from "node:net";
import type { Endpoint } from "#lb/core/address";
import { watchGenerator } from "./generator-watch.ts";
import { type Pace, paceOf } from "./pace.ts";
import { Punctuality } from "./punctuality.ts";
import { type Recording, type Run, WARM_UP } from "./recording.ts";
import { Requester } from "./requester.ts";
import type { Plan } from "./results.ts";

export interface AttackOptions {
  /** Ends the run at once; what was recorded stays. */
  readonly signal?: AbortSignal | undefined;
  /** Called about ten times a second with the time since measuring began, negative while warming up. */
  readonly watch?: ((elapsedMs: number) => void) | undefined;
}

const LONGEST_SWEEP_MS = 100;

/**
 * Makes one repeat of `plan` against `target` (an address, not a name) and adds it to `recording`. It never rejects for
 * what the target does: every request ends within about twice the plan's timeout, as an answer or a counted error.
 */
export async function attack(
  target: Endpoint,
  plan: Plan,
  recording: Recording,
  { signal, watch }: AttackOptions = {},
): Promise<void> {
  const stopWatching = watchGenerator();
  const startedAt = new Date(Date.now() + plan.warmupMs);
  const run = new AttackRun(target, { ...plan, seed: plan.seed + recording.runs.length }, recording);
  const outcome = await run.toItsEnd(signal, watch);
  recording.runs.push({ startedAt, ...outcome, ...stopWatching() });
}

/** Hands due requests to free requesters; it is over when none will be due any more and every requester is free. */
class AttackRun {
  readonly #originMs: number;
  readonly #pace: Pace;
  readonly #requesters: readonly Requester[];
  readonly #free: Requester[];
  readonly #punctuality: Punctuality;
  #wake: NodeJS.Timeout | undefined;
  #sequence = 0;
  #warmup = 0;
  #lastUs = 0;
  #aborted = false;
  #over: () => void = () => {};

  constructor(
    target: Endpoint,
    readonly plan: Plan,
    readonly recording: Recording,
  ) {
    this.#originMs = performance.now() + plan.warmupMs;
    this.#punctuality = new Punctuality(plan.model);
    this.#pace = paceOf(plan, (dueUs) => this.#punctuality.drop(this.#nowUs(), dueUs));
    const conditions = {
      target: dialOptions(target),
      recording,
      requestsPerConnection: plan.requestsPerConnection,
      timeoutMs: plan.timeoutMs,
      nowUs: () => this.#nowUs(),
      freed: (requester: Requester) => this.#freed(requester),
    };
    this.#requesters = Array.from({ length: plan.clients }, () => new Requester(conditions));
    this.#free = this.#requesters.toReversed();
  }

  async toItsEnd(signal?: AbortSignal, watch?: (elapsedMs: number) => void) {
    // One sweep finds all overdue requests: a timer for each would cost more than the request.
    const sweepMs = Math.min(LONGEST_SWEEP_MS, Math.ceil(this.plan.timeoutMs / 10));
    const sweep = setInterval(() => this.#sweep(watch), sweepMs);
    const abort = () => this.#abort();
    signal?.addEventListener("abort", abort);
    await new Promise<void>((over) => {
      this.#over = over;
      if (signal?.aborted) abort();
      else this.#startWhatIsDue();
    });
    signal?.removeEventListener("abort", abort);
    clearInterval(sweep);
    clearTimeout(this.#wake);
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

  #freed(requester: Requester): void {
    this.#lastUs = this.#nowUs();
    if (this.#aborted) return;
    if (this.#free.length === 0) this.#punctuality.freeSince(this.#lastUs);
    this.#free.push(requester);
    this.#startWhatIsDue();
  }

  #startWhatIsDue(): void {
    for (let next = this.#free.at(-1); next !== undefined; next = this.#free.at(-1)) {
      const nowUs = this.#nowUs();
      const dueUs = this.recording.full ? Infinity : this.#pace.dueUs(nowUs, next.made);
      if (dueUs > nowUs) {
        this.#rest(nowUs, dueUs);
        return;
      }
      this.#free.pop();
      this.#pace.taken();
      this.#start(next, nowUs, dueUs);
    }
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

  #rest(nowUs: number, dueUs: number): void {
    if (dueUs < Infinity) {
      clearTimeout(this.#wake);
      this.#wake = setTimeout(() => this.#startWhatIsDue(), Math.ceil((dueUs - nowUs) / 1000));
    } else if (this.#free.length === this.#requesters.length) this.#over();
  }

  #sweep(watch?: (elapsedMs: number) => void): void {
    const nowUs = this.#nowUs();
    for (const requester of this.#requesters) requester.expire(nowUs);
    watch?.(nowUs / 1000);
  }

  #abort(): void {
    this.#aborted = true;
    this.#lastUs = this.#nowUs();
    this.#over();
  }
}

function dialOptions(target: Endpoint): NetConnectOpts {
  return target.kind === "unix"
    ? { path: target.path }
    : { host: target.host, port: target.port, noDelay: true };
}

/** A text of so many bytes that differs from request to request, so that a crossed answer is noticed. */
function payloadOf(sequence: number, bytes: number): string {
  const digits = String(sequence).padStart(bytes, "0");
  return digits.slice(digits.length - bytes);
}
