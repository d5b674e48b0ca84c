import type { Backend } from "../core/backend.ts";
import { Chain, type Chained } from "../core/chain.ts";
import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import { Ended } from "../core/ending.ts";
import type { Lease } from "./lease.ts";

/** A session that waits for a place. */
export interface Waiting {
  /** The place; it belongs to the session. Rejects with Ended where there is none in time. */
  readonly place: Promise<Lease>;
  /** Leaves the queue, unless a place was given already; `place` never settles then. */
  leave(): void;
}

/** Gives a place on a backend that is not among the `tried`, or undefined where there is none. */
export type Give = (tried: readonly Backend[]) => Lease | undefined;

class Waiter implements Chained<Waiter> {
  chained = false;
  before: Waiter | undefined;
  after: Waiter | undefined;
  readonly place = new Deferred<Lease>();
  constructor(
    readonly give: Give,
    readonly tried: readonly Backend[],
  ) {}
}

/**
 * Sessions that wait for a place, first come first served among those who may use it: whoever has tried a backend is
 * passed over when a place there becomes free. Between two events nobody waits who could be served, so a newcomer
 * that finds a free place overtakes nobody.
 */
export class Queue {
  readonly #clock: Clock;
  readonly #waiters = new Chain<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get length(): number {
    return this.#waiters.size;
  }

  /** Joins the end; throws Ended where `max` wait already. */
  join(give: Give, tried: readonly Backend[], limits: { max: number; timeoutMs: number }): Waiting {
    if (this.#waiters.size >= limits.max) throw new Ended("queue-full");
    const waiter = new Waiter(give, tried);
    this.#waiters.add(waiter);
    const timer = this.#clock.after(limits.timeoutMs, () => {
      this.#waiters.delete(waiter);
      waiter.place.reject(new Ended("queue-timeout"));
    });
    const over = () => {
      this.#waiters.delete(waiter);
      timer[Symbol.dispose]();
    };
    return { place: waiter.place.promise.finally(over), leave: over };
  }

  /** A place on this backend became free: the first who has not tried it gets it. */
  freed(lease: () => Lease | undefined, backend: Backend): void {
    for (const waiter of this.#waiters) {
      if (waiter.tried.includes(backend)) continue;
      const place = lease();
      if (place === undefined) return;
      this.#grant(waiter, place);
    }
  }

  /** Something changed that may have made places: everybody looks again, in order. */
  wake(): void {
    for (const waiter of this.#waiters) {
      const place = waiter.give(waiter.tried);
      if (place !== undefined) this.#grant(waiter, place);
    }
  }

  /** Nobody will ever have a place here: all are told that there is no backend. */
  abandon(): void {
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      waiter.place.reject(new Ended("no-backend"));
    }
  }

  #grant(waiter: Waiter, place: Lease): void {
    this.#waiters.delete(waiter);
    waiter.place.resolve(place);
  }
}
