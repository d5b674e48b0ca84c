import { type Endpoint, formatEndpoint } from "../core/address.ts";

/** How many backends a balancer may have at once, in one pool or in all of them together. */
export const MOST_BACKENDS = 16_384;

/** What is wanted of a backend: `drain` gets nothing new and keeps its sessions, `maint` is never dialled. */
export const administrativeStates = ["ready", "drain", "maint"] as const;
export type AdministrativeState = (typeof administrativeStates)[number];

/** What health makes of a backend: `down` by its probes, `ejected` for a while by its failed sessions. */
export type OperationalState = "up" | "down" | "ejected";

/**
 * What tells that: `start`, where nothing has spoken against a backend since it was added; probes; or what sessions met, `dials`
 * and the sessions that they led to.
 */
export type OperationalSource = "start" | "probe" | "dials";

/** A backend's state in one word: what is wanted of it where that is not `ready`, else what health makes of it. */
export type BackendStatus = OperationalState | "draining" | "maint";

/** A backend as it is wanted. */
export interface BackendSettings {
  readonly name: string;
  /** The name of its entry, each address of which is a member of its own; default: its name. */
  readonly entry?: string;
  readonly endpoint: Endpoint;
  /** Its share relative to other backends; 0 gets nothing new. */
  readonly weight: number;
  /** Sessions at once. */
  readonly maxConnections: number;
  /** Serves only what no other backend can. */
  readonly backup: boolean;
  readonly state: AdministrativeState;
}

/** The text that tells one backend of a pool from the others: its entry and its address. Its name may change. */
export function identityOf({ name, entry = name, endpoint }: Identified): string {
  return `${entry} ${formatEndpoint(endpoint)}`;
}

/** All that an operator may call it: its name, that of its entry, and the latter at its address, `entry@host`. */
export function namesOf({ name, entry = name, endpoint }: Identified): string[] {
  return endpoint.kind === "unix" ? [name, entry] : [name, entry, `${entry}@${endpoint.host}`];
}

type Identified = Pick<BackendSettings, "name" | "entry" | "endpoint">;
