import type { Clock } from "../core/clock.ts";
import { shareOf } from "../core/share.ts";

const SLOTS = 10;
const SLOT_MS = 1_000;

interface Slot {
  second: number;
  dials: number;
  retries: number;
}

/**
 * Keeps retries a share of all dials of the last 10 s, so that retries do not dial a pool in trouble to
 * death (Finagle's retry budget); `min` retries are always allowed.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, () => ({ second: -1, dials: 0, retries: 0 }));

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  dialled(): void {
    this.#current().dials += 1;
  }

  /** Whether one more retry is within the limits. */
  allows(limits: { readonly share: number; readonly min: number }): boolean {
    const current = this.#current();
    const recent = this.#slots.filter(({ second }) => second > current.second - SLOTS);
    const dials = recent.reduce((sum, slot) => sum + slot.dials, 0);
    const retries = recent.reduce((sum, slot) => sum + slot.retries, 0);
    return retries < Math.max(limits.min, shareOf(dials, limits.share));
  }

  /** The same; if so it counts. */
  retry(limits: { readonly share: number; readonly min: number }): boolean {
    const allowed = this.allows(limits);
    if (allowed) this.#current().retries += 1;
    return allowed;
  }

  #current(): Slot {
    const second = Math.floor(this.#clock.now() / SLOT_MS);
    const slot = this.#slots[second % SLOTS] as Slot;
    if (slot.second !== second) Object.assign(slot, { second, dials: 0, retries: 0 });
    return slot;
  }
}
