import type { Decision } from "../contract/decision.ts";
import type { Status } from "../control/status.ts";

/** What GET /health answers. */
export interface Health {
  readonly status: "ok" | "degraded";
  readonly reasons: readonly string[];
}

/** What GET /api/v1/decisions answers. */
export interface Explained {
  readonly decisions: readonly (Decision & { readonly explanation: string })[];
}

export type { Status };
export type PoolStatus = Status["pools"][number];
export type BackendStatus = PoolStatus["backends"][number];
