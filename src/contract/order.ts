import type { ClientTokens } from "./clients.ts";
import type { Verdict } from "./verdict.ts";

/** Something to be done once to what runs; what is wanted to last is in the snapshot. */
export type Order =
  /** What active probes found. */
  | ({ readonly kind: "verdict" } & Verdict)
  | DrainOrder
  | RebalanceOrder
  | { readonly kind: "kill"; readonly session: string }
  /** Sets what the buckets of these clients have left, those that are there; "not-found" where one is not. */
  | { readonly kind: "fill"; readonly clients: readonly ClientTokens[] };

/**
 * Ends the sessions of a backend that is wanted to leave, spread over a time, until the backend is wanted `ready` or
 * `maint`. Infinity ends none: it calls an earlier drain off.
 */
export interface DrainOrder {
  readonly kind: "drain";
  readonly pool: string;
  readonly backend: string;
  readonly withinMs: number;
}

/**
 * Ends, with `rebalanced`, a share (0 to 1) of the sessions older than a minute on those backends of a pool that have more
 * than their fair share, spread over a time; 0 is at once. No backend falls below its fair share by it. It replaces an
 * earlier one of the pool; Infinity ends none, and calls that off.
 */
export interface RebalanceOrder {
  readonly kind: "rebalance";
  readonly pool: string;
  readonly share: number;
  readonly withinMs: number;
}

/** Whether the data plane has what an order or a change is about. */
export type Outcome = "done" | "not-found";
