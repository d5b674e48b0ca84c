import { Chain, type Chained } from "../core/chain.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import { Ended } from "../core/ending.ts";
import type { Backend } from "../live/backend.ts";
import type { Lease } from "./lease.ts";
import type { Tried } from "./tried.ts";

/** How many may wait at once, and for how long this one may. */
export interface QueueLimits {
  readonly max: number;
  readonly timeoutMs: number;
}

/** A place in the queue. `Chooser` is what the queue's owner knows a session by. */
export class Waiting<Chooser> implements Chained<Waiting<Chooser>> {
  chained = false;
  before: Waiting<Chooser> | undefined;
  after: Waiting<Chooser> | undefined;
  readonly #granted = new Deferred<Lease>();
  readonly #timer: Timer;

  constructor(
    readonly chooser: Chooser,
    readonly tried: Tried,
    readonly queue: Chain<Waiting<Chooser>>,
    clock: Clock,
    timeoutMs: number,
  ) {
    queue.add(this);
    this.#timer = clock.after(timeoutMs, () => this.refuse(new Ended("queue-timeout")));
  }

  /** The lease, which belongs to the session; rejects with Ended where there is none in time. */
  get lease(): Promise<Lease> {
    return this.#granted.promise;
  }

  grant(lease: Lease): void {
    this.leave();
    this.#granted.resolve(lease);
  }

  refuse(ended: Ended): void {
    this.leave();
    this.#granted.reject(ended);
  }

  /** Waits no longer; without a grant or a refusal `lease` never settles. */
  leave(): void {
    this.queue.delete(this);
    this.#timer[Symbol.dispose]();
  }
}

/**
 * Sessions that wait for a place, first come first served among the sessions that may use it: a session that has tried a backend
 * is passed over when a place there becomes free. Between two events no session waits that could be served, so a
 * newcomer that finds a free place overtakes none.
 */
export class Queue<Chooser> {
  readonly #clock: Clock;
  readonly #waiting = new Chain<Waiting<Chooser>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /** Joins the end; throws Ended where `max` wait already. */
  join(chooser: Chooser, tried: Tried, { max, timeoutMs }: QueueLimits): Waiting<Chooser> {
    if (this.#waiting.size >= max) throw new Ended("queue-full");
    return new Waiting(chooser, tried, this.#waiting, this.#clock, timeoutMs);
  }

  /** A place on a backend became free: the first session that has not tried it gets the `lease`, as long as there is one. */
  freed(backend: Backend, lease: () => Lease | undefined): void {
    for (const waiting of this.#waiting) {
      if (waiting.tried.has(backend)) continue;
      const granted = lease();
      if (granted === undefined) return;
      waiting.grant(granted);
    }
  }

  /** Something changed that may have made places: all look again, in order, as long as `anyFree` says that one is left. */
  wake(anyFree: () => boolean, leaseFor: (waiting: Waiting<Chooser>) => Lease | undefined): void {
    for (const waiting of this.#waiting) {
      if (!anyFree()) return;
      const granted = leaseFor(waiting);
      if (granted !== undefined) waiting.grant(granted);
    }
  }

  /** There never will be a place: all are told that there is no backend. */
  abandon(): void {
    for (const waiting of this.#waiting) waiting.refuse(new Ended("no-backend"));
  }
}
