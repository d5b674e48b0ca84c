import type { ClientSettings } from "../admission/settings.ts";
import type { Endpoint } from "../core/address.ts";
import type { AdministrativeState, OperationalState } from "../core/backend.ts";
import type { Ending } from "../core/ending.ts";
import type { SessionRecord } from "../core/session.ts";
import type { Verdict } from "../health/verdict.ts";
import type { ListenerSettings } from "../listener.ts";
import type { Drained } from "../pool/drain-log.ts";
import type { PoolSettings } from "../pool/settings.ts";
import type { StateChange } from "../pool/state-log.ts";

/** The whole configuration of a data plane. Names in it are literal addresses; it was validated before. */
export interface Snapshot {
  readonly listeners: readonly ListenerSettings[];
  readonly pools: readonly PoolSettings[];
  readonly clients: ClientSettings;
  /** Whether session records are wanted; they are not built otherwise. */
  readonly recordSessions: boolean;
}

/** What stands after a snapshot was applied: where each listener really listens. */
export interface Applied {
  readonly listeners: readonly { readonly name: string; readonly endpoint: Endpoint }[];
}

/** Something to be done to what runs, without a new snapshot. */
export type Order =
  | {
      readonly kind: "backend";
      readonly pool: string;
      readonly backend: string;
      readonly state?: AdministrativeState;
      readonly weight?: number;
      readonly maxConnections?: number;
      /** With `drain`: its sessions are ended by then, spread over that time. */
      readonly withinMs?: number;
    }
  /** What active probes found. */
  | ({ readonly kind: "verdict" } & Verdict)
  | { readonly kind: "kill"; readonly session: string };

/** Whether there was anything to do it to. */
export type Outcome = "done" | "not-found";

/** The live numbers, at one moment. */
export interface Sample {
  readonly listeners: readonly ListenerSample[];
  readonly pools: readonly PoolSample[];
  /** Bytes read from one side and not yet taken by the kernel for the other, over all sessions. */
  readonly heldBytes: number;
}

export interface ListenerSample {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** No part of the configuration any more: it listens no longer, and is here for as long as it has sessions. */
  readonly leaving: boolean;
  /** Sessions now, and since it was opened. */
  readonly active: number;
  readonly sessions: number;
  /** Of sessions that have ended. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly endings: { readonly [word in Ending]?: number };
}

export interface PoolSample {
  readonly name: string;
  /** Sessions that wait for a place. */
  readonly queued: number;
  readonly backends: readonly BackendSample[];
}

export interface BackendSample {
  readonly name: string;
  readonly address: string;
  readonly state: AdministrativeState;
  readonly operational: OperationalState;
  readonly weight: number;
  /** Sessions now, connections that stood, and dials that failed for its own reasons. */
  readonly active: number;
  readonly connected: number;
  readonly failed: number;
}

/** What a plane tells of its own accord. */
export type Report =
  | { readonly kind: "session"; readonly record: SessionRecord }
  | { readonly kind: "backend"; readonly change: StateChange }
  | { readonly kind: "drained"; readonly drained: Drained }
  /** A session found no usable backend; at most once a second and pool, with how many there were since the last. */
  | { readonly kind: "no-backend"; readonly pool: string; readonly sessions: number }
  /** All dials of a session failed, by the backends' fault; at most once a second and pool, with how many sessions there were since the last. */
  | { readonly kind: "unanswered"; readonly pool: string; readonly sessions: number }
  /** Dials failed for this machine's own reason; at most once a second, pool and code, with how many since the last. */
  | { readonly kind: "own-fault"; readonly pool: string; readonly code: string; readonly dials: number }
  | { readonly kind: "bug"; readonly session: string; readonly error: string };

/**
 * Where the data plane runs: in this thread, or one day in others. Only plain data crosses it, no socket, no class
 * instance, no function; so whoever steers the balancer never holds a part of it.
 */
export interface Plane {
  /**
   * Makes what runs equal to the snapshot; rejects, and changes nothing, where a listener cannot be bound or there is no
   * room for its backends.
   */
  apply(snapshot: Snapshot): Promise<Applied>;
  order(order: Order): Promise<Outcome>;
  sample(): Promise<Sample>;
  /** Receives reports in batches, in the order they happened. */
  onReports: ((batch: readonly Report[]) => void) | undefined;
  /**
   * Stops accepting, lets sessions finish for `graceMs`, cuts the rest; called again with 0 it does so at once. Resolves
   * with how many were cut.
   */
  close(options: { readonly graceMs: number }): Promise<number>;
}
