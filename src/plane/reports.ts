import type { Report } from "../contract/report.ts";
import type { ReportsListener } from "./plane.ts";

interface Subscription {
  readonly listener: ReportsListener;
  readonly records: boolean;
}

/** Gathers reports into batches, one per turn of the loop, and hands each batch to all that subscribed. */
export class Reports {
  readonly #subscriptions = new Set<Subscription>();
  #batch: Report[] = [];
  #recording = false;

  /** Whether a listener wants session records. */
  get recording(): boolean {
    return this.#recording;
  }

  /** See Plane.subscribe. */
  subscribe(listener: ReportsListener, { records }: { readonly records: boolean }): Disposable {
    const subscription = { listener, records };
    this.#change(() => this.#subscriptions.add(subscription));
    return { [Symbol.dispose]: () => this.#change(() => this.#subscriptions.delete(subscription)) };
  }

  report(report: Report): void {
    this.#batch.push(report);
    if (this.#batch.length === 1) setImmediate(() => this.flush());
  }

  /** Hands over now what was gathered. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    for (const subscription of [...this.#subscriptions]) {
      const wanted = subscription.records ? batch : batch.filter(({ kind }) => kind !== "session");
      // An earlier listener of this batch may have ended it.
      if (wanted.length > 0 && this.#subscriptions.has(subscription)) subscription.listener(wanted);
    }
  }

  /** What was gathered so far belongs to the subscriptions of before. */
  #change(change: () => void): void {
    this.flush();
    change();
    this.#recording = [...this.#subscriptions].some(({ records }) => records);
  }
}
