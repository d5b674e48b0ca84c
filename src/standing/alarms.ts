import type { Tell } from "../contract/report.ts";
import type { Clock } from "../core/clock.ts";
import { Throttle } from "../core/throttle.ts";

/** How often the same is said. */
const EVERY_MS = 1_000;

/** What a pool says loudly: each alarm at once, and then at most once a second with how many there were. */
export class Alarms {
  readonly #nothingUsable: Throttle;
  readonly #unanswered: Throttle;
  readonly #ownFaults = new Map<string, Throttle>();

  constructor(
    readonly clock: Clock,
    readonly pool: string,
    readonly report: Tell,
  ) {
    this.#nothingUsable = this.#throttle((sessions) => report({ kind: "no-backend", pool, sessions }));
    this.#unanswered = this.#throttle((sessions) => report({ kind: "unanswered", pool, sessions }));
  }

  /** A session found no usable backend. */
  nothingUsable(): void {
    this.#nothingUsable.happened();
  }

  /** A session's dials all failed, by their backends' fault. */
  unanswered(): void {
    this.#unanswered.happened();
  }

  /** A dial failed for this machine's own reason; `code` is the system's word for it (EADDRNOTAVAIL …). */
  ownFault(code: string): void {
    const { pool, report } = this;
    const tell = (dials: number) => report({ kind: "own-fault", pool, code, dials });
    const throttle = this.#ownFaults.get(code) ?? this.#throttle(tell);
    this.#ownFaults.set(code, throttle);
    throttle.happened();
  }

  #throttle(tell: (count: number) => void): Throttle {
    return new Throttle(this.clock, EVERY_MS, tell);
  }
}
