import type { AlgorithmName } from "./algorithm.ts";
import type { BackendStatus } from "./backend.ts";

/**
 * How a session came to its place: in the order of its ranking; `late`, on a backend that came or came back after the
 * ranking began, or behind many that are full; `queued`, on the first place that became free; `last-resort`, on an
 * ejected backend, where there is no other.
 */
export type Way = "ranked" | "late" | "queued" | "last-resort";

/**
 * Why there is no place: no member may get a session (`no-backend`), every one that may was dialled (`all-tried`), or
 * retries have used up their budget (`retry-budget`).
 */
export type Absence = "no-backend" | "all-tried" | "retry-budget";

/** Why a candidate did not get the session: `ranked-lower` was not needed, `backup` waits for all others to fail. */
export type PassedOver =
  | Exclude<BackendStatus, "up">
  | "full"
  | "tried"
  | "weight-0"
  | "backup"
  | "ranked-lower";

/** One backend as the algorithm saw it when a session chose. */
export interface Candidate {
  readonly backend: string;
  readonly status: BackendStatus;
  readonly active: number;
  readonly weight: number;
  /** The estimate of what a session waits for it, in milliseconds. */
  readonly latencyMs: number;
  /** Undefined for the chosen one. */
  readonly passedOver?: PassedOver;
}

/** Why a session got its backend, or none. */
export interface Decision {
  readonly session: string;
  /** Unix time in milliseconds. */
  readonly atMs: number;
  readonly client: string;
  readonly pool: string;
  readonly algorithm: AlgorithmName;
  readonly chosen: string | null;
  /** How the place came about, or why there was none. */
  readonly how: Way | Absence | "queue-full" | "queue-timeout";
  /** At most 32: the chosen one first, then those that were skipped, then the rest. */
  readonly candidates: readonly Candidate[];
  /** The candidates left out of the list, counted by why they were passed over. */
  readonly others: { readonly [reason in PassedOver]?: number };
}
