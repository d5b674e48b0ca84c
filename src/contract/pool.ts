import type { AlgorithmName } from "./algorithm.ts";
import type { BackendSettings } from "./backend.ts";

/** Passive ejection: a backend that fails several sessions in a row is left out for a while. */
export interface OutlierSettings {
  /** Failed dials, and sessions that it ended without an answer, in a row; Infinity ejects no backend. */
  readonly failures: number;
  /** The nth ejection lasts n times this, at most ten times. */
  readonly ejectForMs: number;
  /** The greatest share of the members that may be ejected at once, 0 to 1. */
  readonly maxEjected: number;
  /** A session that a backend ends sooner than this counts as a failure, answered or not; 0: none does. */
  readonly earlyMs: number;
}

/** A share of the dials of the last 10 s that may be retries, and how many always may. */
interface RetryBudgetSettings {
  readonly share: number;
  readonly min: number;
}

/** What becomes of the sessions of a backend that probes find down, or that is put into maintenance. */
export const onDowns = ["keep", "end"] as const;

/** A pool as it is wanted. */
export interface PoolSettings {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  /** Different backends dialled per session. */
  readonly attempts: number;
  /** How long one dial may take. */
  readonly connectTimeoutMs: number;
  /** How long a backend may be silent before the kernel asks whether it is still there; Infinity: for ever. */
  readonly keepAliveMs: number;
  /** Sessions that may wait for a place at once, and for how long each. */
  readonly queue: { readonly max: number; readonly timeoutMs: number };
  /** The source address towards backends. */
  readonly localAddress: string | undefined;
  /** The PROXY protocol version in which backends are told the client. */
  readonly sendProxy: "v1" | "v2" | undefined;
  /** Over how long a backend that came back earns its full share; 0 gives it at once. */
  readonly slowStartMs: number;
  readonly onDown: (typeof onDowns)[number];
  readonly outlier: OutlierSettings;
  /** Undefined: every failed dial may be retried. */
  readonly retryBudget: RetryBudgetSettings | undefined;
  readonly backends: readonly BackendSettings[];
}
