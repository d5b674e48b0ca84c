import type { Endpoint } from "../core/address.ts";
import type { Ending } from "../core/ending.ts";
import type { AdministrativeState, OperationalSource, OperationalState } from "./backend.ts";
import type { HistogramSample } from "./histogram.ts";

/**
 * The live numbers, at one moment; those of thousands of backends are read while traffic goes on. Its cost does not grow with
 * the sessions, but for adding up their bytes, once a second at most: a millisecond for 30 000.
 */
export interface Sample {
  readonly listeners: readonly ListenerSample[];
  readonly pools: readonly PoolSample[];
}

/** The live numbers without those of single backends: their cost does not grow with backends or sessions. */
export interface Totals {
  /** Those that are part of the snapshot. Bytes of sessions that live are as of the last sample. */
  readonly listeners: readonly ListenerSample[];
  readonly pools: readonly Omit<PoolSample, "backends">[];
}

/** A part of a sample: all listeners, and pools and backends as far as they are there. */
export interface SampleOf {
  readonly pools: readonly string[];
  /** Of these pools the backends of this entry alone, or none; default: all. */
  readonly entry?: string | null;
}

/** One listener's numbers. */
export interface ListenerSample {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Whether it is no part of the snapshot any more: it listens no longer, and is here for as long as it has sessions. */
  readonly leaving: boolean;
  /** Sessions now. */
  readonly active: number;
  /** Sessions at once: its own limit, or that of all listeners together; Infinity: no limit. */
  readonly maxSessions: number;
  /**
   * Sessions since a listener of its name was opened. All totals are those of the name, and never go down: where one leaves and
   * another has its name now, that one tells them, and the one that leaves tells none.
   */
  readonly sessions: number;
  /** Of sessions that live as of a second ago at most. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Endings that never happened are absent. */
  readonly endings: WordCounts;
  /** How long the sessions that have ended lasted. */
  readonly duration: HistogramSample;
}

type WordCounts = { readonly [word in Ending]?: number };

/** One pool's numbers; its totals have what came of backends that were removed, and never go down. */
export interface PoolSample {
  readonly name: string;
  /** Sessions that wait for a place. */
  readonly queued: number;
  /** Sessions that may wait for one. */
  readonly queueMax: number;
  /** Sessions on its backends now, removed ones included. */
  readonly active: number;
  /** Backends that may get a session now. */
  readonly usable: number;
  /** Dials after a session's first. */
  readonly retries: number;
  /** Dials that failed, by the word that a session would end with; words of which there were none are absent. */
  readonly dialErrors: WordCounts;
  /** Dials that failed for the backend's own reasons. */
  readonly failed: number;
  /** Times that backends were ejected. */
  readonly ejections: number;
  /** Sessions that a backend ended before their client did, where that was held against it. */
  readonly faults: number;
  /** How long dials took that came through. */
  readonly connect: HistogramSample;
  /** From a session's first byte, or its connection where the backend speaks first, to the backend's first byte. */
  readonly firstByte: HistogramSample;
  /** How long sessions that had to wait for a place waited. */
  readonly queueWait: HistogramSample;
  readonly backends: readonly BackendSample[];
}

/** One backend's numbers. */
export interface BackendSample {
  readonly name: string;
  /** The name of its entry. */
  readonly entry: string;
  readonly address: string;
  readonly backup: boolean;
  readonly state: AdministrativeState;
  readonly operational: OperationalState;
  readonly found: Finding;
  /** Its share at this moment. */
  readonly weight: number;
  /** Sessions now. */
  readonly active: number;
  /** Dials that came through, since the backend was added. */
  readonly connected: number;
  /** Dials that failed for the backend's own reasons, since it was added. */
  readonly failed: number;
  /** Times it was ejected, since it was added. */
  readonly ejections: number;
  /** Sessions that it ended before their client did, where that was held against it, since it was added. */
  readonly faults: number;
  /** Since it last answered a session, which is its first byte to that; Infinity where it has answered none. */
  readonly answeredAgoMs: number;
  /** Until its last session is told to leave; null where no drain with a time is under way. */
  readonly drainedInMs: number | null;
}

/** What made a backend's operational state what it is. */
interface Finding {
  readonly source: OperationalSource;
  /** How long it has been so, in milliseconds. */
  readonly agoMs: number;
  /** In words: `3 probes in a row failed: connect ECONNREFUSED 127.0.0.1:9001`. */
  readonly reason: string;
}

/** One session that lives. */
export interface SessionSample {
  readonly id: string;
  readonly listener: string;
  readonly client: string;
  readonly pool: string;
  /** The backend that serves it; null before one has answered. */
  readonly backend: string | null;
  readonly ageMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes read from one side and not yet taken by the kernel for the other. */
  readonly heldBytes: number;
}
