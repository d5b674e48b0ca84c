import { Deferred } from "../core/deferred.ts";
import { StoreConflict, StoreDown, StoreFull } from "./refusals.ts";
import { type Bound, Room } from "./room.ts";
import type { Keep } from "./seam.ts";

/** What waits for the next write; with more than this nothing else is taken. */
const MOST_WAITING = 20_000;

/** What a group needs of its store. */
export interface Writer {
  /** What it takes only so much of, as it is now. */
  readonly bounds: readonly Bound[];
  /** Keeps all of them or none, one change per key; rejects within a second, with a StoreConflict where others were first. */
  write(changes: readonly Keep[]): Promise<void>;
}

interface Call extends Deferred<void> {
  readonly changes: readonly Keep[];
}

/**
 * Group commit: one write at a time, and what is saved meanwhile goes together with the next. A call resolves when the write
 * that it went with is done, and not before.
 */
export class Group {
  #waiting: Call[] = [];
  #waitingChanges = 0;
  #running: Promise<void> | undefined;

  constructor(readonly writer: Writer) {}

  save(changes: readonly Keep[]): Promise<void> {
    if (this.#waitingChanges + changes.length > MOST_WAITING) {
      return Promise.reject(new StoreDown("too much waits for the store", 1_000));
    }
    const call = Object.assign(new Deferred<void>(), { changes });
    this.#waiting.push(call);
    this.#waitingChanges += changes.length;
    this.#running ??= this.#run();
    return call.promise;
  }

  /** Others were first: what waits for its write was worked out without knowing, and is not written. */
  overtaken(conflict: StoreConflict): void {
    this.#waiting = withoutThose(this.#waiting, conflict);
    this.#waitingChanges = this.#waiting.reduce((sum, { changes }) => sum + changes.length, 0);
  }

  /** Resolves when nothing waits and nothing is being written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Calls of the same moment go together from the first.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#writeAll(this.#take());
    this.#running = undefined;
  }

  #take(): Call[] {
    const calls = this.#waiting;
    this.#waiting = [];
    this.#waitingChanges = 0;
    const room = new Room(this.writer.bounds);
    return calls.filter((call) => {
      const refusal = room.refusal(call.changes);
      if (refusal !== undefined) call.reject(new StoreFull(refusal));
      return refusal === undefined;
    });
  }

  async #writeAll(calls: readonly Call[]): Promise<void> {
    const changes = newest(calls.flatMap((call) => call.changes));
    try {
      if (changes.length > 0) await this.writer.write(changes);
      for (const call of calls) call.resolve();
    } catch (error) {
      if (error instanceof StoreConflict) return await this.#writeAll(withoutThose(calls, error));
      for (const call of calls) call.reject(error);
    }
  }
}

/** Rejects the calls that others were before; gives back the rest. */
function withoutThose(calls: readonly Call[], conflict: StoreConflict): Call[] {
  return calls.filter((call) => {
    const isOf = conflict.isOf(call.changes);
    if (isOf) call.reject(conflict);
    return !isOf;
  });
}

/** Of several changes of one key the last. */
function newest(changes: readonly Keep[]): readonly Keep[] {
  return [...new Map(changes.map((change) => [`${change.shelf}/${change.key}`, change])).values()];
}
