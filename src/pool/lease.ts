import type { ClientKey } from "../algorithms/algorithm.ts";
import type { Candidate, Way } from "../contract/decision.ts";
import type { Clock } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";
import { move } from "../live/counts.ts";
import type { Hangup } from "../standing/fault.ts";
import type { Witness } from "../transport/transport.ts";

/** The numbers of a backend that a place on it changes. */
export type Seen = Pick<Candidate, "active" | "latencyMs">;

/** Is told what becomes of a lease. */
export interface LeaseEvents {
  /** The backend answered the session, so long after it was asked or connected to. */
  answered(lease: Lease, afterMs: number): void;
  /** The backend ended the session before its client did; true where that is held against it. */
  hungUp(lease: Lease, hangup: Hangup): boolean;
  /** Its place is free again. */
  freed(lease: Lease): void;
}

/**
 * A place on one backend. It counts from the moment the backend is chosen, or a burst would find every backend idle,
 * until it is disposed of, when the connection is closed. As the relay's witness it tells what it sees: the backend's latency, and
 * whether it answers sessions or ends them.
 */
export class Lease implements Disposable, Witness {
  readonly #clock: Clock;
  readonly #events: LeaseEvents;
  /** When the dial began, the connection stood, or the client's first byte passed, whichever came last. */
  #sinceMs: number;
  #waiting = true;
  #asked = false;
  #heard = false;
  #held = true;
  /** How long after that the backend ended the session, before its client did. */
  #endedAfterMs: number | undefined;
  #blamed = false;
  #client: ClientKey | undefined;

  constructor(
    readonly backend: Backend,
    /** How the place came about. */
    readonly how: Way,
    clock: Clock,
    events: LeaseEvents,
    /** The backend's numbers before the place was taken, where a decision tells them. */
    readonly seen?: Seen,
  ) {
    this.#clock = clock;
    this.#events = events;
    this.#sinceMs = clock.now();
    move(backend.counts.active, backend.slot, 1);
    backend.latency.waits();
  }

  /** The client that the backend serves; undefined before the connection stood. */
  get client(): ClientKey | undefined {
    return this.#client;
  }

  /** The dial for this client came through; how long it took, in milliseconds. */
  connected(client: ClientKey): number {
    const ms = this.#waited();
    this.#sinceMs += ms;
    this.#client = client;
    move(this.backend.counts.connected, this.backend.slot, 1);
    this.backend.latency.connected(ms);
    return ms;
  }

  /** The dial did not, and the backend is to `blame` or not; how long it took, in milliseconds. */
  failed(blame: boolean): number {
    const ms = this.#waited();
    if (blame) move(this.backend.counts.failed, this.backend.slot, 1);
    this.backend.latency.gaveUp(ms, blame);
    return ms;
  }

  /** The client's first byte is on its way; a backend that spoke first is not waited for. */
  asked(): void {
    this.#asked = true;
    if (this.#heard) return;
    this.#waiting = true;
    this.#sinceMs = this.#clock.now();
    this.backend.latency.waits();
    if (this.#endedAfterMs !== undefined) this.#judge(this.#endedAfterMs);
  }

  /** The backend's first byte came. */
  answered(): void {
    const { backend } = this;
    const nowMs = this.#clock.now();
    this.#heard = true;
    backend.counts.answeredAtMs[backend.slot] = nowMs;
    if (this.#waiting) backend.latency.answered(this.#waited());
    this.#events.answered(this, nowMs - this.#sinceMs);
  }

  /** The backend finished or broke off, before the client did. */
  hungUp(): void {
    const afterMs = this.#clock.now() - this.#sinceMs;
    this.#endedAfterMs = afterMs;
    this.#judge(afterMs);
  }

  /** The backend's connection is closed; one that `broke` before a byte came counts as a failed wait, not as a quick answer. */
  vacated(broke: boolean): void {
    if (broke && !this.#blamed) this.#waitedInVain();
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#waiting) this.backend.latency.gaveUp(this.#waited(), false);
    move(this.backend.counts.active, this.backend.slot, -1);
    this.#events.freed(this);
  }

  #judge(afterMs: number): void {
    if (this.#blamed) return;
    this.#blamed = this.#events.hungUp(this, { asked: this.#asked, answered: this.#heard, afterMs });
    if (!this.#blamed) return;
    move(this.backend.counts.faults, this.backend.slot, 1);
    this.#waitedInVain();
  }

  /** A wait in vain is no sample of a good answer. */
  #waitedInVain(): void {
    if (!this.#waiting) this.backend.latency.waits();
    this.backend.latency.gaveUp(this.#waited(), true);
  }

  /** Ends the wait; how long it was. */
  #waited(): number {
    this.#waiting = false;
    return this.#clock.now() - this.#sinceMs;
  }
}
