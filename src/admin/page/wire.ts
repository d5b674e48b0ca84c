import type { Moment } from "#lb/admin/live/moments";
import type { Piece } from "#lb/admin/live/news";
import type { AlgorithmName } from "#lb/contract/algorithm";
import type { PressedClient } from "#lb/contract/clients";
import type { Status } from "#lb/control/status";
import type { Ending } from "#lb/core/ending";

// The balancer's own words for what it tells: types alone, so that nothing of it is loaded.
export type { AlgorithmName, Ending, Moment, Piece, PressedClient };

/** One listener, as the status has it. */
export type Listener = Status["listeners"][number];
/** One pool, as the status has it. */
export type Pool = Status["pools"][number];
/** One backend, as the status has it. */
export type Backend = Pool["backends"][number];

/** One event: all there is to begin with, and later what changed since the last. */
export interface Message {
  readonly at: string;
  readonly health: { readonly status: "ok" | "degraded"; readonly reasons: readonly string[] };
  readonly clients: readonly PressedClient[];
  readonly moments: readonly Moment[];
  readonly news: readonly Piece[];
  /** Whether there are servers to play with. */
  readonly laboratory?: boolean;
  readonly listeners: readonly (Partial<Listener> & { readonly name: string })[];
  readonly pools: readonly PoolChange[];
}

/** What changed of a pool. */
export interface PoolChange extends Partial<Omit<Pool, "name" | "backends">> {
  readonly name: string;
  readonly backends: readonly (Partial<Backend> & { readonly name: string })[];
  readonly gone?: readonly string[];
}
