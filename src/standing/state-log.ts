import type { BackendStatus } from "../contract/backend.ts";
import type { Tell } from "../contract/report.ts";
import type { Clock } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";
import type { Ejection } from "./outlier.ts";
import type { Standing } from "./standing.ts";

/** Remembers since when each backend of a pool has had its status, and tells of each change once. */
export class StateLog {
  readonly #seen = new Map<Backend, { status: BackendStatus; sinceMs: number }>();

  constructor(
    readonly clock: Clock,
    readonly pool: string,
    readonly report: Tell,
  ) {}

  /**
   * Looks at a backend again; one that is seen for the first time is news only where it is not up. Another status may have hidden
   * what was found: that, or the `ejection`, then says why the backend is down or ejected, not what made it visible.
   */
  note(standing: Standing, word: string, ejection?: Ejection): void {
    const { backend, status } = standing;
    const nowMs = this.clock.now();
    const before = this.#seen.get(backend) ?? { status: "up", sinceMs: nowMs };
    if (before.status === status && this.#seen.has(backend)) return;
    this.#seen.set(backend, { status, sinceMs: nowMs });
    if (before.status === status) return;
    const lastedMs = nowMs - before.sinceMs;
    const change = { state: status, was: before.status, ...whyOf(standing, word, ejection), lastedMs };
    this.report({ kind: "backend", pool: this.pool, backend: backend.name, ...change });
  }

  /** Since when a backend has had its status, by the Clock; undefined where it was never looked at. */
  sinceMs(backend: Backend): number | undefined {
    return this.#seen.get(backend)?.sinceMs;
  }

  forget(backend: Backend): void {
    this.#seen.delete(backend);
  }
}

/** Why a backend has the status that it has: what was found of it, or the word that was said. */
function whyOf(
  standing: Standing,
  word: string,
  ejection?: Ejection,
): Ejection | { readonly reason: string } {
  const { status } = standing;
  if (status === "ejected" && ejection !== undefined) return ejection;
  return { reason: status === "down" || status === "ejected" ? standing.finding.reason : word };
}
