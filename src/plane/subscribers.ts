import type { Report } from "../contract/report.ts";
import type { ReportsListener } from "./plane.ts";

interface Subscription {
  readonly listener: ReportsListener;
  readonly records: boolean;
}

/** Those that are told what a plane reports. */
export class Subscribers {
  readonly #subscriptions = new Set<Subscription>();
  #recording = false;

  /** Whether one of them wants session records. */
  get recording(): boolean {
    return this.#recording;
  }

  /** See Plane.subscribe. */
  add(listener: ReportsListener, { records }: { readonly records: boolean }): Disposable {
    const subscription = { listener, records };
    this.#subscriptions.add(subscription);
    this.#count();
    return {
      [Symbol.dispose]: () => {
        this.#subscriptions.delete(subscription);
        this.#count();
      },
    };
  }

  /** Hands a batch, which is not empty, to all; session records only to those that want them. */
  tell(batch: readonly Report[]): void {
    for (const subscription of [...this.#subscriptions]) {
      const wanted = subscription.records ? batch : batch.filter(({ kind }) => kind !== "session");
      // An earlier listener of this batch may have ended it.
      if (wanted.length > 0 && this.#subscriptions.has(subscription)) subscription.listener(wanted);
    }
  }

  #count(): void {
    this.#recording = [...this.#subscriptions].some(({ records }) => records);
  }
}
