import type { AlgorithmName } from "#lb/contract/algorithm";
import type { PressedClient } from "#lb/contract/clients";
import type { Status } from "#lb/control/status";
import type { Ending } from "#lb/core/ending";

// The balancer's own words for what it tells: types alone, so that nothing of it is loaded.
export type { AlgorithmName, Ending, PressedClient };

/** One listener, as the status has it. */
export type Listener = Status["listeners"][number];
/** One pool, as the status has it; `administrative` is there where the API takes a word about its algorithm. */
export type Pool = Status["pools"][number] & {
  readonly administrative?: {
    readonly algorithm: { readonly value: AlgorithmName; readonly source: "file" | "api" };
  };
};
/** One backend, as the status has it. */
export type Backend = Pool["backends"][number];

/** The whole balancer at one second. */
export interface Moment {
  readonly at: string;
  readonly perSec: number;
  readonly active: number;
  readonly endings: { readonly [word in Ending]?: number };
  readonly connectMs: Percentiles;
  readonly sessionMs: Percentiles;
}

/** Null where there was nothing to measure. */
interface Percentiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Something that happened. */
export interface Piece {
  readonly at: string;
  readonly tone: "bad" | "good" | "plain";
  readonly subject: string;
  readonly text: string;
}

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
