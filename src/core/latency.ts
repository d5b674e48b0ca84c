import type { Clock } from "./clock.ts";

/**
 * How long one backend keeps a session waiting, as three things a TCP balancer can see: the time to connect, the time
 * from the client's first byte to the backend's, and the age of what still waits for either.
 */
export interface Latency {
  /** A session begins to wait for this backend: it is being dialled, or the client's first byte went out. */
  waits(): void;
  /** The wait that began `ms` ago ended with a connection. */
  connected(ms: number): void;
  /** The wait that began `ms` ago ended with the backend's first byte. */
  answered(ms: number): void;
  /** The wait that began `ms` ago ended with nothing; `failed` where that was the backend's fault. */
  gaveUp(ms: number, failed: boolean): void;
  /** The present estimate in milliseconds, never negative. */
  estimateMs(): number;
}

/** Makes the estimator of one backend. */
export type MeasureLatency = (clock: Clock) => Latency;
