import type { Endpoint } from "../core/address.ts";
import type { ListenerTransport } from "../core/transport-names.ts";
import type { AcceptProxy, AccessRule, Refusal } from "./admission.ts";

/** A listener as it is wanted. */
export interface ListenerSettings {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** The name of the pool that serves its sessions. */
  readonly pool: string;
  /** What moves the bytes of sessions to come. */
  readonly transport: ListenerTransport;
  /** How long a client may be silent before the kernel asks whether it is still there; Infinity: for ever. */
  readonly keepAliveMs: number;
  /** How a client that cannot be served is told. */
  readonly refuse: Refusal;
  /** Sessions at once. */
  readonly maxConnections: number;
  /** The first rule that matches a client decides; a client that none matches is let in. */
  readonly access: readonly AccessRule[];
  /** Sessions at once of one client. */
  readonly connectionsPerClient: number;
  /** Whether the clients' token buckets apply. */
  readonly rateLimit: boolean;
  readonly acceptProxy: AcceptProxy | undefined;
  /** Whether one side may finish while the other still sends. */
  readonly halfClose: boolean;
  readonly idleMs: number;
  readonly finMs: number;
  /** Infinity: sessions may last as long as they like. */
  readonly maxAgeMs: number;
}
