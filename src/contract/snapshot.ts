import type { Endpoint } from "../core/address.ts";
import type { ClientEntry, ClientSettings } from "./clients.ts";
import type { Recording } from "./decision.ts";
import type { ListenerSettings } from "./listener.ts";
import type { PoolSettings } from "./pool.ts";

/** Everything that is wanted of a data plane. Names in it are literal addresses; it was validated before. */
export interface Snapshot {
  readonly listeners: readonly ListenerSettings[];
  readonly pools: readonly PoolSettings[];
  readonly clients: ClientSettings;
  /** Default: `asked`. */
  readonly decisions?: Recording;
}

/** The whole new value of one part of the snapshot that holds; all other parts stay, and cost nothing. */
export type Change =
  /** State changes of backends that come of it are told with the reason. */
  | { readonly kind: "pool"; readonly pool: PoolSettings; readonly reason: string }
  /** Replaces the client's entry, or adds it. */
  | { readonly kind: "client"; readonly client: ClientEntry }
  | { readonly kind: "client-removed"; readonly id: string };

/** What stands after a snapshot was applied: where each listener really listens. */
export interface Applied {
  readonly listeners: readonly { readonly name: string; readonly endpoint: Endpoint }[];
}
