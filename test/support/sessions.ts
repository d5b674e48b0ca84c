import type { Algorithm, ClientKey } from "#lb/algorithms/algorithm";
import type { Backend } from "#lb/live/backend";

/** The nth of sixteen million clients. */
export function client(n: number): ClientKey {
  return { address: `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}` };
}

/** Whom a session of the nth client ends up with: the first of its ranking that it does not read past. */
export function choose(
  algorithm: Algorithm,
  backends: readonly Backend[],
  n = 0,
  skips: (backend: Backend) => boolean = () => false,
): Backend {
  for (const backend of algorithm(backends, client(n))) if (!skips(backend)) return backend;
  throw new Error("expected a backend that is not skipped");
}

/** The names that so many sessions in a row end up with. */
export function names(algorithm: Algorithm, backends: readonly Backend[], sessions: number): string {
  return Array.from({ length: sessions }, (_, n) => choose(algorithm, backends, n).name).join(" ");
}
