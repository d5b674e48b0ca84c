/** How many backends a balancer can hold at once; their slots are given back when they leave. */
const CAPACITY = 16_384;

/**
 * The live numbers of all backends, in typed arrays indexed by slot, so that a transport in another thread can one
 * day see and move them through shared memory. Pages that no backend uses are never touched, and cost nothing.
 */
export class Counts {
  /** Sessions on the backend, from the moment it was chosen until its connection closed. */
  readonly active = new Int32Array(CAPACITY);
  /** Connections that stood, since the backend was added. */
  readonly connected = new Float64Array(CAPACITY);
  /** Dials that failed for the backend's own reasons, since it was added. */
  readonly failed = new Float64Array(CAPACITY);
  readonly #free: number[] = [];
  #used = 0;

  /** A slot with all numbers at zero; throws a RangeError when 16 384 backends exist. */
  claim(): number {
    const slot = this.#free.pop() ?? this.#used++;
    if (slot >= CAPACITY) throw new RangeError(`expected at most ${CAPACITY} backends`);
    this.active[slot] = 0;
    this.connected[slot] = 0;
    this.failed[slot] = 0;
    return slot;
  }

  /** Moves one number of one backend. */
  add(column: "active" | "connected" | "failed", slot: number, by: number): void {
    this[column][slot] = (this[column][slot] as number) + by;
  }

  /** Gives a slot back; its backend must have no session left. */
  release(slot: number): void {
    this.#free.push(slot);
  }
}
