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

/**
 * Why a candidate did not get the session: `ranked-lower` was not needed, `backup` waits for all others to fail; it was
 * `not-ranked` where the session got a place by no ranking, or none.
 */
export type PassedOver =
  | Exclude<BackendStatus, "up">
  | "full"
  | "tried"
  | "weight-0"
  | "backup"
  | "ranked-lower"
  | "not-ranked";

/** One backend as the algorithm saw it when a session chose. */
export interface Candidate {
  readonly backend: string;
  readonly status: BackendStatus;
  /** Since when it has that status, as Unix time in milliseconds; left out of one that is up. */
  readonly sinceMs?: number;
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
  /** At most 32: the chosen one first, then the skipped ones, then the rest. */
  readonly candidates: readonly Candidate[];
  /** The candidates left out of the list, counted by why they were passed over. */
  readonly others: { readonly [reason in PassedOver]?: number };
}

/** Whether decisions are recorded only for a minute after they were asked for, or always. */
export const recordings = ["asked", "always"] as const;
export type Recording = (typeof recordings)[number];

/** Which decisions are asked for: at most so many, of one session by its id, or of all. */
export interface DecisionQuery {
  readonly limit: number;
  readonly session?: string;
}

/**
 * Why there is no decision of a session: recording was `off`; it came `before` recording began; it was `left-out`, since
 * more than 100 chose in that second or 1 000 have since then, or it has not chosen; it has made `no-choice`, as it waits or was
 * refused before; or there was no such session (`unknown`).
 */
export type Unrecorded = "off" | "before" | "left-out" | "no-choice" | "unknown";

/** What is told of decisions. */
export interface DecisionLog {
  /** The latest first. */
  readonly decisions: readonly Decision[];
  /** How they were recorded until now; by being asked for they are, for the next minute at least. */
  readonly recording: Recording | "off";
  /** How many were not recorded since recording began, because more than 100 came in a second. */
  readonly leftOut: number;
  /** Where one session is asked for and there is no decision of it: why. */
  readonly unrecorded?: Unrecorded;
}
