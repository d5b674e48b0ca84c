import type { ClientTokens } from "./clients.ts";
import type { Verdict } from "./verdict.ts";

/** Something to be done once to what runs; what is wanted to last is in the snapshot. */
export type Order =
  /** What active probes found. */
  | ({ readonly kind: "verdict" } & Verdict)
  | DrainOrder
  | { readonly kind: "kill"; readonly session: string }
  /** Sets what a client's bucket has left. */
  | ({ readonly kind: "fill" } & ClientTokens);

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

/** Whether the data plane has what an order or a change is about. */
export type Outcome = "done" | "not-found";
