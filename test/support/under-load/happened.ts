import type { SessionRecord } from "#lb/contract/record";

/** A killed process is noticed by its clients and by the balancer within that time. */
const NOTICED_MS = 2_000;

interface Span {
  readonly backend: string;
  readonly fromMs: number;
  untilMs: number;
}

/** What was done to a balancer and around it, and so what its clients may have noticed of it. */
export class Happened {
  /** Whether the store may refuse a change just now. */
  storeMayBeDown = false;
  /** Ids of sessions that operators ended. */
  readonly killed = new Set<string>();
  readonly #crashes: { readonly backend: string; readonly atMs: number }[] = [];
  readonly #shut: Span[] = [];
  readonly #drained = new Set<string>();

  /** A backend's process is about to be killed. */
  crashes(backend: string): void {
    this.#crashes.push({ backend, atMs: Date.now() });
  }

  /** Whether a process was killed after that moment, or so shortly before that it may not have been noticed. */
  crashedSince(wallMs: number): boolean {
    return this.#crashes.some(({ atMs }) => atMs > wallMs - NOTICED_MS);
  }

  /** Sessions of the backend may be taken off it from now on. */
  drains(backend: string): void {
    this.#drained.add(backend);
  }

  /** It was answered that the backend gets nothing new, until `opens`. */
  shuts(backend: string): void {
    this.#shut.push({ backend, fromMs: Date.now(), untilMs: Infinity });
  }

  opens(backend: string): void {
    for (const span of this.#shut)
      if (span.backend === backend) span.untilMs = Math.min(span.untilMs, Date.now());
  }

  /** Whether a session may have ended so, and its client have missed an answer. */
  excuses({ id, ending, backend, startedAt, durationMs }: SessionRecord): boolean {
    if (ending === "killed") return this.killed.has(id);
    if (ending === "rebalanced") return true;
    if (backend === null) return false;
    if (ending === "drained") return this.#drained.has(backend);
    const endedMs = Date.parse(startedAt) + durationMs;
    const near = ({ backend: name, atMs }: { backend: string; atMs: number }) =>
      name === backend && endedMs > atMs - 10 && endedMs < atMs + NOTICED_MS;
    // A killed process breaks off what it has not read, and ends in order what it has.
    return ["backend-reset", "done", "client-reset"].includes(ending) && this.#crashes.some(near);
  }

  /** Whether a session went to a backend that was to get nothing new. */
  trespasses({ backend, startedAt }: SessionRecord): boolean {
    const startedMs = Date.parse(startedAt);
    return this.#shut.some((span) => {
      return span.backend === backend && startedMs > span.fromMs && startedMs < span.untilMs;
    });
  }
}
