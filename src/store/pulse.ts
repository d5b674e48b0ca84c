import type { Clock } from "../core/clock.ts";
import type { StoreStatus } from "./seam.ts";

/** What a store keeps apart: one may be out of reach where the other is not. */
export type Part = "settings" | "tokens";

/** Whether all parts of a store are up, told once per change. */
export class Pulse {
  #status: StoreStatus;
  readonly #reasons = new Map<Part, string>();

  constructor(
    readonly clock: Clock,
    readonly tell: (status: StoreStatus) => void,
  ) {
    this.#status = { up: true, sinceMs: clock.wallMs() };
  }

  get status(): StoreStatus {
    return this.#status;
  }

  /** Why a part is down; undefined where it is up. */
  reasonOf(part: Part): string | undefined {
    return this.#reasons.get(part);
  }

  up(part: Part): void {
    if (this.#reasons.delete(part)) this.#follow();
  }

  /** The reason of a store that is down already is replaced without a word. */
  down(part: Part, reason: string): void {
    this.#reasons.set(part, reason);
    this.#follow();
  }

  #follow(): void {
    const { up, sinceMs } = this.#status;
    const [reason] = this.#reasons.values();
    const nowUp = reason === undefined;
    const since = up === nowUp ? sinceMs : this.clock.wallMs();
    this.#status = nowUp ? { up: true, sinceMs: since } : { up: false, sinceMs: since, reason };
    if (up !== nowUp) this.tell(this.#status);
  }
}
