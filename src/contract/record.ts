import type { Ending } from "../core/ending.ts";

/** One dial of a session: to which backend, how long it took, and how it failed if it did. */
export interface Attempt {
  readonly backend: string;
  readonly address: string;
  readonly ms: number;
  readonly error?: Ending;
  /** The system's word for the failure, where it had one (EADDRNOTAVAIL …). */
  readonly code?: string;
}

/** What is told of a session when it is over: every key is always there, but for `peer` and `detail`. */
export interface SessionRecord {
  readonly id: string;
  /** When the connection was accepted, ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly listener: string;
  readonly client: string;
  /** The peer that named the client in a PROXY header. */
  readonly peer?: string;
  readonly pool: string;
  readonly backend: string | null;
  readonly attempts: readonly Attempt[];
  readonly queuedMs: number;
  readonly connectMs: number | null;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly ending: Ending;
  /** More of the reason, where the ending has several. */
  readonly detail?: string;
}
