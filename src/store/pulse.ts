import type { Clock } from "../core/clock.ts";
import type { StoreStatus } from "./seam.ts";

/** Whether a store is up, told once per change. */
export class Pulse {
  #status: StoreStatus;

  constructor(
    readonly clock: Clock,
    readonly tell: (status: StoreStatus) => void,
  ) {
    this.#status = { up: true, sinceMs: clock.wallMs() };
  }

  get status(): StoreStatus {
    return this.#status;
  }

  up(): void {
    if (!this.#status.up) this.#change({ up: true, sinceMs: this.clock.wallMs() });
  }

  /** The reason of a store that is down already is replaced without a word. */
  down(reason: string): void {
    if (this.#status.up) this.#change({ up: false, sinceMs: this.clock.wallMs(), reason });
    else this.#status = { ...this.#status, reason };
  }

  #change(status: StoreStatus): void {
    this.#status = status;
    this.tell(status);
  }
}
