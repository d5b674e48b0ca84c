import type { Backend } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";

/** The last session of a backend that gets nothing new has ended. */
export interface Drained {
  readonly pool: string;
  readonly backend: string;
  readonly address: string;
  /** From when it began to leave, in milliseconds. */
  readonly tookMs: number;
}

/** Remembers since when backends that have sessions get nothing new, and tells of each once its last one has ended. */
export class DrainLog {
  readonly #sinceMs = new Map<Backend, number>();

  constructor(
    readonly clock: Clock,
    readonly pool: string,
    readonly tell: (drained: Drained) => void,
  ) {}

  /** Looks at a backend again; one without sessions is no news. */
  note(backend: Backend): void {
    if (!backend.leaving) this.#sinceMs.delete(backend);
    else if (backend.active > 0 && !this.#sinceMs.has(backend)) this.#sinceMs.set(backend, this.clock.now());
  }

  /** A place on it became free. */
  freed(backend: Backend): void {
    if (backend.active > 0) return;
    const sinceMs = this.#sinceMs.get(backend);
    if (sinceMs === undefined) return;
    this.#sinceMs.delete(backend);
    const { name, address } = backend;
    this.tell({ pool: this.pool, backend: name, address, tookMs: this.clock.now() - sinceMs });
  }
}
