import { isDeepStrictEqual } from "node:util";
import type { Clock, Timer } from "../core/clock.ts";

const EVERY_MS = 60_000;

/** A name, the addresses that it has now, and why they cannot be used, where they cannot. */
export interface NameChange {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly reason?: string;
}

/** What was told of a name, and what has changed since then. */
interface Told {
  readonly told: NameChange;
  latest: NameChange;
  changes: number;
  readonly timer: Timer;
}

/**
 * Tells of names whose addresses change: at once, and what goes on changing once a minute, with how often it changed. What is
 * by then as it was told is not told again.
 */
export class NameNews implements Disposable {
  readonly #clock: Clock;
  readonly #tell: (change: NameChange & { readonly changes?: number }) => void;
  readonly #told = new Map<string, Told>();

  constructor(clock: Clock, tell: (change: NameChange & { readonly changes?: number }) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  changed(change: NameChange): void {
    const known = this.#told.get(change.name);
    if (known === undefined) {
      this.#say(change, 1);
    } else {
      known.latest = change;
      known.changes += 1;
    }
  }

  /** Tells nothing more. */
  [Symbol.dispose](): void {
    for (const { timer } of this.#told.values()) timer[Symbol.dispose]();
    this.#told.clear();
  }

  #say(change: NameChange, changes: number): void {
    this.#tell(changes > 1 ? { ...change, changes } : change);
    const timer = this.#clock.after(EVERY_MS, () => this.#minuteOver(change.name));
    this.#told.set(change.name, { told: change, latest: change, changes: 0, timer });
  }

  #minuteOver(name: string): void {
    const { told, latest, changes } = this.#told.get(name) as Told;
    this.#told.delete(name);
    if (!isDeepStrictEqual(told, latest)) this.#say(latest, changes);
  }
}
