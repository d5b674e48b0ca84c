import { Dispatch } from "./dispatch.ts";
import type { Answer, Call, Port, ToPlane } from "./messages.ts";
import { Parcels } from "./parcels.ts";
import { plainOf } from "./plain-error.ts";
import type { Plane, PlaneCalls } from "./plane.ts";

type AnyCall = (...args: Call["args"]) => ReturnType<PlaneCalls[Call["name"]]>;

/** Stands for a plane at its end of a channel: answers what the RemotePlane at the other end asks, and sends it the reports. */
export class Answerer {
  readonly #plane: Plane;
  readonly #parcels: Parcels;
  readonly #dispatch: Dispatch;
  #subscription: Disposable;

  constructor(port: Port, plane: Plane) {
    this.#plane = plane;
    this.#parcels = new Parcels(port, (number, call) => void this.#answer(number, call as Call));
    this.#dispatch = new Dispatch(port);
    this.#subscription = this.#subscribe(false);
  }

  /** A message came from the other end. */
  hear(message: ToPlane): void {
    if (message.kind === "taken") this.#dispatch.taken();
    else if (message.kind === "records") this.#record(message.wanted);
    else this.#parcels.hear(message);
  }

  async #answer(number: number, { name, args }: Call): Promise<void> {
    const call = this.#plane[name] as AnyCall;
    const answer: Answer = await call.apply(this.#plane, args).then(
      (done) => ({ done }),
      (error) => ({ failed: plainOf(error) }),
    );
    this.#parcels.send(number, answer);
  }

  #record(wanted: boolean): void {
    const before = this.#subscription;
    this.#subscription = this.#subscribe(wanted);
    before[Symbol.dispose]();
  }

  #subscribe(records: boolean): Disposable {
    return this.#plane.subscribe((batch) => this.#dispatch.send(batch), { records });
  }
}
