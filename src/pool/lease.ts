import type { Candidate, Way } from "../contract/decision.ts";
import type { Clock } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";
import type { Witness } from "../transport/transport.ts";

/** The numbers of a backend that a place on it changes. */
export type Seen = Pick<Candidate, "active" | "latencyMs">;

/**
 * A place on one backend. It counts from the moment the backend is chosen, or a burst would find every backend idle,
 * until it is disposed of, when the connection is closed. As the relay's witness it tells the backend's latency what it sees.
 */
export class Lease implements Disposable, Witness {
  readonly #clock: Clock;
  #waitingSinceMs: number;
  #waiting = true;
  #heard = false;
  #held = true;

  constructor(
    readonly backend: Backend,
    /** How the place came about. */
    readonly how: Way,
    clock: Clock,
    /** Told when the place is free again. */
    readonly freed: (backend: Backend) => void,
    /** The backend's numbers before the place was taken, where a decision tells them. */
    readonly seen?: Seen,
  ) {
    this.#clock = clock;
    this.#waitingSinceMs = clock.now();
    backend.counts.add("active", backend.slot, 1);
    backend.latency.waits();
  }

  /** The dial came through; how long it took, in milliseconds. */
  connected(): number {
    const ms = this.#waited();
    this.backend.counts.add("connected", this.backend.slot, 1);
    this.backend.latency.connected(ms);
    return ms;
  }

  /** The dial did not, and the backend is to `blame` or not; how long it took, in milliseconds. */
  failed(blame: boolean): number {
    const ms = this.#waited();
    if (blame) this.backend.counts.add("failed", this.backend.slot, 1);
    this.backend.latency.gaveUp(ms, blame);
    return ms;
  }

  /** The client's first byte is on its way; a backend that spoke first is not waited for. */
  asked(): void {
    if (this.#heard) return;
    this.#waiting = true;
    this.#waitingSinceMs = this.#clock.now();
    this.backend.latency.waits();
  }

  /** The backend's first byte came. */
  answered(): void {
    const { backend } = this;
    this.#heard = true;
    backend.counts.answeredAtMs[backend.slot] = this.#clock.now();
    if (this.#waiting) backend.latency.answered(this.#waited());
  }

  /** The backend's connection is closed; one that `broke` before a byte came counts as a failed wait, not as a quick answer. */
  vacated(broke: boolean): void {
    if (broke) this.#break();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#waiting) this.backend.latency.gaveUp(this.#waited(), false);
    this.backend.counts.add("active", this.backend.slot, -1);
    this.freed(this.backend);
  }

  #break(): void {
    if (!this.#waiting) this.asked();
    this.backend.latency.gaveUp(this.#waited(), true);
  }

  /** Ends the wait; how long it was. */
  #waited(): number {
    this.#waiting = false;
    return this.#clock.now() - this.#waitingSinceMs;
  }
}
