import { MOST_BACKENDS } from "../contract/backend.ts";

/** Slots for all backends, and for removed ones that still have sessions. */
const CAPACITY = 4 * MOST_BACKENDS;

/**
 * The live numbers of all backends, in typed arrays indexed by slot, so that they can lie in memory that several threads
 * share. Pages that no backend uses are never touched, and cost nothing.
 */
export class Counts {
  /** Sessions on the backend, from the moment it was chosen until its connection closed. */
  readonly active = new Int32Array(CAPACITY);
  /** Connections that stood, since the backend was added. */
  readonly connected = new Float64Array(CAPACITY);
  /** Dials that failed for the backend's own reasons, since it was added. */
  readonly failed = new Float64Array(CAPACITY);
  /** Times it was ejected, since it was added. */
  readonly ejections = new Float64Array(CAPACITY);
  /** Sessions that it ended before their client did, where that was held against it, since it was added. */
  readonly faults = new Float64Array(CAPACITY);
  /** When a session last had its first byte from the backend, by the Clock; -Infinity where none has. */
  readonly answeredAtMs = new Float64Array(CAPACITY);
  /** 1 where the backend's standing allows it a new session. */
  readonly usable = new Uint8Array(CAPACITY);
  /** Whether the backend is being tried, as `trials` has it. */
  readonly trial = new Uint8Array(CAPACITY);
  /** 1 where the backend counts among those of its pool that have a place. */
  readonly free = new Uint8Array(CAPACITY);
  readonly #released: number[] = [];
  #used = 0;

  /** Slots that are taken. */
  get taken(): number {
    return this.#used - this.#released.length;
  }

  /** Throws a RangeError where so many backends may not be, or might not find a slot each, were all of them new. */
  provideFor(backends: number): void {
    if (backends > MOST_BACKENDS)
      throw new RangeError(`expected at most ${MOST_BACKENDS} backends in all, got ${backends}`);
    if (this.taken + backends > CAPACITY)
      throw new RangeError(
        `expected room for ${backends} backends, got ${this.taken} of ${CAPACITY} in use: removed ones that still have sessions count`,
      );
  }

  /** A slot with all numbers at zero; there is one for all that were provided for. */
  claim(): number {
    const slot = this.#released.pop() ?? this.#used;
    if (slot >= CAPACITY) throw new RangeError(`expected at most ${CAPACITY} slots in use`);
    this.#used = Math.max(this.#used, slot + 1);
    this.active[slot] = 0;
    this.connected[slot] = 0;
    this.failed[slot] = 0;
    this.ejections[slot] = 0;
    this.faults[slot] = 0;
    this.answeredAtMs[slot] = -Infinity;
    this.usable[slot] = 0;
    this.trial[slot] = 0;
    this.free[slot] = 0;
    return slot;
  }

  /** Gives a slot back; its backend must have no session left. */
  release(slot: number): void {
    this.#released.push(slot);
  }
}

/** Moves one backend's number in a column. */
export function move(column: Int32Array | Float64Array, slot: number, by: number): void {
  column[slot] = (column[slot] as number) + by;
}
