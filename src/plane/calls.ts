import { Failure } from "../command/failure.ts";
import { Chain, type Chained } from "../core/chain.ts";
import { Deferred } from "../core/deferred.ts";
import type { Answer, Call, ParcelMessage, Port } from "./messages.ts";
import { Parcels } from "./parcels.ts";
import { errorOf } from "./plain-error.ts";
import type { PlaneCalls } from "./plane.ts";

/** Calls that the other thread may have at once; it unpacks all that came in one turn of its loop. */
const MOST_UNDER_WAY = 64;
/** Calls that may wait beside those: a verdict for each backend, twice. */
const MOST_WAITING = 32_768;

class Waiting extends Deferred<unknown> implements Chained<Waiting> {
  chained = false;
  before: Waiting | undefined;
  after: Waiting | undefined;

  constructor(readonly call: Call) {
    super();
  }
}

/** Calls of a plane that is at the other end of a channel. They arrive in their order, and may be answered in another. */
export class Calls {
  readonly #parcels: Parcels;
  readonly #waiting = new Chain<Waiting>();
  readonly #underWay = new Map<number, Waiting>();
  #lastNumber = 0;
  /** Whether a call that came in pieces has not left yet. */
  #isLeaving = false;
  #over: Error | undefined;

  constructor(port: Port) {
    this.#parcels = new Parcels(port, (number, answer) => this.#answered(number, answer as Answer));
  }

  /** Rejects as the plane does, with a Failure where too many calls wait, and where there is no other end any more. */
  ask<Name extends keyof PlaneCalls>(
    name: Name,
    ...args: Parameters<PlaneCalls[Name]>
  ): ReturnType<PlaneCalls[Name]> {
    const call = new Waiting({ name, args });
    if (this.#over !== undefined) call.reject(this.#over);
    else if (this.#waiting.size >= MOST_WAITING)
      call.reject(new Failure(`the data plane does not keep up: ${MOST_WAITING} calls wait for it`));
    else this.#waiting.add(call);
    this.#sendNext();
    return call.promise as ReturnType<PlaneCalls[Name]>;
  }

  hear(message: ParcelMessage): void {
    this.#parcels.hear(message);
  }

  /** There is no other end any more: all calls reject with this, also those to come. */
  end(error: Error): void {
    this.#over ??= error;
    for (const call of [...this.#underWay.values(), ...this.#waiting]) call.reject(error);
    this.#underWay.clear();
    for (const call of this.#waiting) this.#waiting.delete(call);
  }

  #sendNext(): void {
    while (!this.#isLeaving && this.#underWay.size < MOST_UNDER_WAY) {
      const next = this.#waiting.first;
      if (next === undefined) return;
      this.#waiting.delete(next);
      this.#send(++this.#lastNumber, next);
    }
  }

  #send(number: number, waiting: Waiting): void {
    this.#underWay.set(number, waiting);
    this.#isLeaving = true;
    try {
      this.#parcels.send(number, waiting.call, () => this.#left());
    } catch (error) {
      this.#isLeaving = false;
      this.#underWay.delete(number);
      waiting.reject(error);
    }
  }

  #left(): void {
    this.#isLeaving = false;
    this.#sendNext();
  }

  #answered(number: number, answer: Answer): void {
    const call = this.#underWay.get(number);
    this.#underWay.delete(number);
    if ("failed" in answer) call?.reject(errorOf(answer.failed));
    else call?.resolve(answer.done);
    this.#sendNext();
  }
}
