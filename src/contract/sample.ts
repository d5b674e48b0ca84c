import type { Endpoint } from "../core/address.ts";
import type { Ending } from "../core/ending.ts";
import type { AdministrativeState, OperationalSource, OperationalState } from "./backend.ts";

/** The live numbers, at one moment. Its cost does not grow with the sessions. */
export interface Sample {
  readonly listeners: readonly ListenerSample[];
  readonly pools: readonly PoolSample[];
}

/** One listener's numbers. */
export interface ListenerSample {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** Whether it is no part of the snapshot any more: it listens no longer, and is here for as long as it has sessions. */
  readonly leaving: boolean;
  /** Sessions now. */
  readonly active: number;
  /** Sessions since it was opened. */
  readonly sessions: number;
  /** Of sessions that have ended. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Endings that never happened are absent. */
  readonly endings: { readonly [word in Ending]?: number };
}

/** One pool's numbers. */
export interface PoolSample {
  readonly name: string;
  /** Sessions that wait for a place. */
  readonly queued: number;
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
  /** Since it last answered a session, which is its first byte to that; Infinity where it has answered none. */
  readonly answeredAgoMs: number;
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
