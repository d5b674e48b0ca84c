import type { ClientKey } from "../algorithms/algorithm.ts";
import type { Way } from "../contract/decision.ts";
import type { Backend } from "../live/backend.ts";

/** A session, as the backend on which it has a place knows it. */
export interface Tenant {
  readonly backend: Backend;
  /** Undefined before it was connected. */
  readonly client: ClientKey | undefined;
  /** How its place came about. */
  readonly how: Way;
}
