import type { BackendStatus } from "./backend.ts";
import type { SessionRecord } from "./record.ts";

/** What a data plane tells of its own accord. */
export type Report =
  | { readonly kind: "session"; readonly record: SessionRecord }
  | ({ readonly kind: "backend" } & StateChange)
  | ({ readonly kind: "drained" } & Drained)
  | ({ readonly kind: "sessions-ended" } & SessionsEnded)
  /** A session found no usable backend; at most once a second and pool, with how many there were since the last. */
  | { readonly kind: "no-backend"; readonly pool: string; readonly sessions: number }
  /** All dials of a session failed, by the backends' fault; at most once a second and pool, as above. */
  | { readonly kind: "unanswered"; readonly pool: string; readonly sessions: number }
  /** Dials failed for this machine's own reason; at most once a second, pool and code, with how many since the last. */
  | { readonly kind: "own-fault"; readonly pool: string; readonly code: string; readonly dials: number }
  /** A defect ended one session. */
  | { readonly kind: "bug"; readonly session: string; readonly error: string }
  /** Reports were dropped until now, because the side that is told did not take them. */
  | ({ readonly kind: "dropped" } & Dropped);

/** Takes a report; it must not throw. */
export type Tell = (report: Report) => void;

/** How many reports were dropped: those that each session may leave, its record or a defect, and all others. */
export interface Dropped {
  readonly sessions: number;
  readonly others: number;
}

/** A backend's status changed. */
export interface StateChange {
  readonly pool: string;
  readonly backend: string;
  readonly state: BackendStatus;
  readonly was: BackendStatus;
  readonly reason: string;
  /** How long the status before this one lasted. */
  readonly lastedMs: number;
  /** How much longer the new status lasts; known of an ejection alone. */
  readonly forMs?: number;
}

/** The last session of a backend that gets nothing new has ended. */
interface Drained {
  readonly pool: string;
  readonly backend: string;
  readonly address: string;
  /** Since the backend began to leave. */
  readonly tookMs: number;
}

/** The sessions of a backend were ended because it is down, or in maintenance. */
interface SessionsEnded {
  readonly pool: string;
  readonly backend: string;
  readonly sessions: number;
  /** Of its being down. */
  readonly reason: string;
}
