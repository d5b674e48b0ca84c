import type { Clock } from "../core/clock.ts";
import { Throttle } from "../core/throttle.ts";

/** How often the same is said. */
const EVERY_MS = 1_000;

/** Whom a pool's alarms tell, each at most once a second. */
export interface AlarmEvents {
  /** Sessions of a pool that found no usable backend. */
  readonly onNothingUsable: (pool: string, sessions: number) => void;
  /** Sessions of a pool for which every backend they may try failed to answer. */
  readonly onNobodyAnswered: (pool: string, sessions: number) => void;
  /** Dials of a pool that failed for this machine's own reason, by the system's word for it (EADDRNOTAVAIL …). */
  readonly onOwnFault: (pool: string, code: string, dials: number) => void;
}

/** What a pool says loudly, and no more often than anybody can read. */
export class Alarms {
  readonly #nothingUsable: Throttle;
  readonly #nobodyAnswered: Throttle;
  readonly #ownFaults = new Map<string, Throttle>();

  constructor(
    readonly clock: Clock,
    readonly pool: string,
    readonly events: AlarmEvents,
  ) {
    this.#nothingUsable = new Throttle(clock, EVERY_MS, (sessions) => events.onNothingUsable(pool, sessions));
    this.#nobodyAnswered = new Throttle(clock, EVERY_MS, (sessions) =>
      events.onNobodyAnswered(pool, sessions),
    );
  }

  /** A session found no usable backend. */
  nothingUsable(): void {
    this.#nothingUsable.happened();
  }

  /** A session's dials all failed, by their backends' fault. */
  nobodyAnswered(): void {
    this.#nobodyAnswered.happened();
  }

  /** A dial failed, and no backend is to blame. */
  ownFault(code: string): void {
    const tell = (dials: number) => this.events.onOwnFault(this.pool, code, dials);
    const throttle = this.#ownFaults.get(code) ?? new Throttle(this.clock, EVERY_MS, tell);
    this.#ownFaults.set(code, throttle);
    throttle.happened();
  }
}
