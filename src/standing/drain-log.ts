import type { Tell } from "../contract/report.ts";
import type { Clock } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";
import type { Standing } from "./standing.ts";

/** Remembers since when backends that have sessions get nothing new, and tells when the last session of one has ended. */
export class DrainLog {
  readonly #sinceMs = new Map<Backend, number>();

  constructor(
    readonly clock: Clock,
    readonly pool: string,
    readonly report: Tell,
  ) {}

  /** Looks at a backend again; one without sessions is no news. */
  note({ backend, leaving }: Standing): void {
    if (!leaving) this.#sinceMs.delete(backend);
    else if (backend.active > 0 && !this.#sinceMs.has(backend)) this.#sinceMs.set(backend, this.clock.now());
  }

  /** A place on a backend became free. */
  freed(backend: Backend): void {
    if (backend.active > 0) return;
    const sinceMs = this.#sinceMs.get(backend);
    if (sinceMs === undefined) return;
    this.#sinceMs.delete(backend);
    const { name, address } = backend;
    const tookMs = this.clock.now() - sinceMs;
    this.report({ kind: "drained", pool: this.pool, backend: name, address, tookMs });
  }
}
