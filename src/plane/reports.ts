import type { Report } from "../contract/report.ts";
import type { ReportsListener } from "./plane.ts";
import { Subscribers } from "./subscribers.ts";

/** When a batch is handed over. */
export interface Batching {
  /** Calls back once the first report of a batch has waited for long enough. */
  readonly later: (handOver: () => void) => void;
  /** A batch of so many waits no longer. */
  readonly most: number;
}

const ONE_A_TURN: Batching = { later: (handOver) => void setImmediate(handOver), most: Infinity };

/** Gathers reports into batches, by default one per turn of the loop, and hands each batch to all that subscribed. */
export class Reports {
  readonly #subscribers = new Subscribers();
  readonly #batching: Batching;
  #batch: Report[] = [];

  constructor(batching = ONE_A_TURN) {
    this.#batching = batching;
  }

  /** Whether a listener wants session records. */
  get recording(): boolean {
    return this.#subscribers.recording;
  }

  /** See Plane.subscribe. What was gathered before belongs to the subscriptions of before. */
  subscribe(listener: ReportsListener, wanted: { readonly records: boolean }): Disposable {
    this.flush();
    const subscription = this.#subscribers.add(listener, wanted);
    return {
      [Symbol.dispose]: () => {
        this.flush();
        subscription[Symbol.dispose]();
      },
    };
  }

  report(report: Report): void {
    this.#batch.push(report);
    if (this.#batch.length === 1) this.#batching.later(() => this.flush());
    if (this.#batch.length >= this.#batching.most) this.flush();
  }

  /** Hands over now what was gathered. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0) this.#subscribers.tell(batch);
  }
}
