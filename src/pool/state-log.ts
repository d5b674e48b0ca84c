import type { Backend } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";
import type { Ejection } from "./outlier.ts";

/** What a backend is, in one word: what an operator wants where that is not `ready`, else what health says. */
export type BackendStatus = "up" | "down" | "ejected" | "draining" | "maint";

/** A backend became something else. */
export interface StateChange {
  readonly pool: string;
  readonly backend: string;
  readonly state: BackendStatus;
  readonly was: BackendStatus;
  readonly reason: string;
  /** How long it was what it was before, in milliseconds. */
  readonly lastedMs: number;
  /** How much longer it will be what it is now, in milliseconds; known of an ejection alone. */
  readonly forMs?: number;
}

/** The status of a backend. */
function statusOf(backend: Backend): BackendStatus {
  if (backend.state === "maint") return "maint";
  if (backend.state === "drain") return "draining";
  return backend.operational;
}

/** Remembers since when each backend has been what it is, and tells of each change once. */
export class StateLog {
  readonly #seen = new Map<Backend, { status: BackendStatus; sinceMs: number }>();

  constructor(
    readonly clock: Clock,
    readonly pool: string,
    readonly tell: (change: StateChange) => void,
  ) {}

  /**
   * Looks at a backend again; one that is seen for the first time is news only where it is not up. What ended may have
   * hidden an `ejection`: then that says why the backend is ejected, whatever made it visible.
   */
  note(backend: Backend, reason: string, ejection?: Ejection): void {
    const nowMs = this.clock.now();
    const status = statusOf(backend);
    const before = this.#seen.get(backend) ?? { status: "up", sinceMs: nowMs };
    if (before.status === status && this.#seen.has(backend)) return;
    this.#seen.set(backend, { status, sinceMs: nowMs });
    if (before.status === status) return;
    const lastedMs = nowMs - before.sinceMs;
    const why = status === "ejected" && ejection !== undefined ? ejection : { reason };
    const change = { state: status, was: before.status, ...why, lastedMs };
    this.tell({ pool: this.pool, backend: backend.name, ...change });
  }

  forget(backend: Backend): void {
    this.#seen.delete(backend);
  }
}
