import type { Ending } from "../core/ending.ts";
import { Histogram } from "./histogram.ts";

/** How often each word was said; words that never were are absent. */
export type Tally = { [word in Ending]?: number };

/** Counts a word once more. */
export function count(tally: Tally, word: Ending): void {
  tally[word] = (tally[word] ?? 0) + 1;
}

/** What the sessions of all listeners of one name have come to so far. None of it ever goes down. */
export class ListenerTotals {
  sessions = 0;
  bytesIn = 0;
  bytesOut = 0;
  readonly endings: Tally = {};
  /** From accept to the end. */
  readonly duration = new Histogram("session");
}

/** What the sessions of a pool have come to so far, also on backends that it has no more. None of it ever goes down. */
export class PoolTotals {
  /** Dials after a session's first. */
  retries = 0;
  /** Dials that failed, by the word that a session would end with. */
  readonly dialErrors: Tally = {};
  /** Dials that failed for the backend's own reasons. */
  failed = 0;
  /** Sessions that a backend ended before their client did, where that was held against it. */
  faults = 0;
  /** Dials that came through. */
  readonly connect = new Histogram("connect");
  /** From a session's first byte, or its connection where the backend speaks first, to the backend's first byte. */
  readonly firstByte = new Histogram("firstByte");
  /** Waits for a place, however they ended. */
  readonly queueWait = new Histogram("queue");
}
