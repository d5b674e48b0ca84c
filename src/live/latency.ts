import type { Clock } from "../core/clock.ts";
import { FadingPeak } from "./fading-peak.ts";

/**
 * How long one backend keeps a session waiting, as three things a TCP balancer can see: the time to connect, the time
 * from the client's first byte to the backend's, and the age of what still waits for either.
 */
export interface Latency {
  /** A session begins to wait for this backend: it is being dialled, or the client's first byte went out. */
  waits(): void;
  /** The wait that began `ms` ago ended with a connection. */
  connected(ms: number): void;
  /** The wait that began `ms` ago ended with the backend's first byte. */
  answered(ms: number): void;
  /** The wait that began `ms` ago ended with nothing; `failed` where that was the backend's fault. */
  gaveUp(ms: number, failed: boolean): void;
  /** The present estimate in milliseconds, never negative. */
  estimateMs(): number;
}

/** Makes the estimator of one backend. */
export type MeasureLatency = (clock: Clock) => Latency;

/** The estimate of a backend that failed, in milliseconds; no backend is worse than that. */
export const WORST_MS = 30_000;

/**
 * The estimator of every backend: the peaks of connecting and of answering, each on its own, added up; or the mean age
 * of what waits, where that is longer. A failure counts as the worst wait, or refusing quickly would look fast.
 */
export const measureLatency: MeasureLatency = (clock) => new PeakLatency(clock);

class PeakLatency implements Latency {
  readonly #connect = new FadingPeak();
  readonly #answer = new FadingPeak();
  readonly #waiting = new Waiting();
  #measured = false;

  constructor(readonly clock: Clock) {}

  waits(): void {
    this.#waiting.begin(this.clock.now());
  }

  connected(ms: number): void {
    this.#ended(ms, this.#connect, ms);
  }

  answered(ms: number): void {
    this.#ended(ms, this.#answer, ms);
  }

  gaveUp(ms: number, failed: boolean): void {
    const sample = failed ? WORST_MS : ms;
    // A session that left says no more than that the answer takes at least so long.
    const telling = failed || ms > this.#answer.at(this.clock.now());
    this.#ended(ms, telling ? this.#answer : undefined, sample);
  }

  estimateMs(): number {
    const now = this.clock.now();
    // A backend that was never measured gets one session at a time: a burst would all try it, for its 0.
    if (!this.#measured) return this.#waiting.count === 0 ? 0 : WORST_MS;
    return Math.max(this.#connect.at(now) + this.#answer.at(now), this.#waiting.meanAgeMs(now));
  }

  #ended(ms: number, average: FadingPeak | undefined, sample: number): void {
    const now = this.clock.now();
    this.#waiting.end(now, ms);
    if (average === undefined) return;
    average.observe(sample, now);
    this.#measured = true;
  }
}

/** What waits now: how many, and their ages added up, which grow by `count` a millisecond. */
class Waiting {
  count = 0;
  #ages = 0;
  #atMs = 0;

  begin(nowMs: number): void {
    this.#grow(nowMs);
    this.count++;
  }

  end(nowMs: number, ageMs: number): void {
    this.#grow(nowMs);
    this.count--;
    this.#ages = this.count === 0 ? 0 : this.#ages - ageMs;
  }

  meanAgeMs(nowMs: number): number {
    if (this.count === 0) return 0;
    return Math.max(0, this.#ages / this.count + nowMs - this.#atMs);
  }

  #grow(nowMs: number): void {
    this.#ages += this.count * (nowMs - this.#atMs);
    this.#atMs = nowMs;
  }
}
