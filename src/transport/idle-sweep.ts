import type { Clock } from "../core/clock.ts";
import { type Enrolled, Roster } from "../core/roster.ts";

/** Something that ends when nothing moves for too long. */
export abstract class Watched implements Enrolled {
  seat = -1;
  /** Kept by the sweep: the progress it saw last, and since when. */
  seen = { progress: 0, sinceMs: 0 };
  /** A number that changes whenever a byte moved. */
  abstract readonly progress: number;
  /** How long nothing may move, in milliseconds; it may change from look to look. */
  abstract readonly quietMs: number;
  /** Called at each look that finds that nothing has moved since the last. */
  abstract still(): void;
  /** Called when nothing has moved for that long; the sweep watches it no longer. */
  abstract quiet(): void;
}

const SLOWEST_LOOK_MS = 1_024;
const FASTEST_LOOK_MS = 8;
const LOOKS_PER_LIMIT = 8;
const HIGHEST_BIT = 31;

/** How often to look at what may be quiet for `limitMs`, in milliseconds: a power of two, so that few sweeps serve all limits. */
export function lookEveryMs(limitMs: number): number {
  const wanted = Math.min(SLOWEST_LOOK_MS, Math.max(FASTEST_LOOK_MS, limitMs / LOOKS_PER_LIMIT));
  return 1 << (HIGHEST_BIT - Math.clz32(wanted));
}

/**
 * Finds what has been quiet for too long. It looks at everything a few times per limit instead of setting a timer for
 * each, so a byte that passes costs nothing here. It is early by no more than a step of the loop, and late by a quarter of the limit or two seconds at most.
 */
export class IdleSweep {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #watched = new Roster<Watched>();
  #ticking = false;

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
  }

  /** Watches from now until `release` or `quiet`. */
  watch(watched: Watched): void {
    watched.seen.progress = watched.progress;
    watched.seen.sinceMs = this.#clock.now();
    this.#watched.add(watched);
    if (!this.#ticking) this.#tick();
  }

  release(watched: Watched): void {
    this.#watched.delete(watched);
  }

  #tick(): void {
    this.#ticking = true;
    const dueMs = this.#clock.now() + this.#everyMs;
    this.#clock.after(this.#everyMs, () => {
      const nowMs = this.#clock.now();
      // Late by more than a look, the process stood still, and so did all that is watched.
      if (nowMs - dueMs > this.#everyMs) this.#forgive(nowMs - dueMs);
      this.#look(nowMs);
      this.#ticking = this.#watched.size > 0;
      if (this.#ticking) this.#tick();
    });
  }

  #forgive(lateMs: number): void {
    for (const { seen } of this.#watched) seen.sinceMs += lateMs;
  }

  #look(nowMs: number): void {
    for (const watched of this.#watched) {
      const { seen } = watched;
      if (watched.progress !== seen.progress) {
        seen.progress = watched.progress;
        seen.sinceMs = nowMs;
      } else if (nowMs - seen.sinceMs >= watched.quietMs) {
        this.#watched.delete(watched);
        watched.quiet();
      } else watched.still();
    }
  }
}

/** The sweeps of one transport, which its relays share. */
export class IdleSweeps {
  readonly #clock: Clock;
  readonly #byLook = new Map<number, IdleSweep>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The one for what may be quiet for `limitMs`. */
  for(limitMs: number): IdleSweep {
    const everyMs = lookEveryMs(limitMs);
    const sweep = this.#byLook.get(everyMs) ?? new IdleSweep(this.#clock, everyMs);
    this.#byLook.set(everyMs, sweep);
    return sweep;
  }
}
