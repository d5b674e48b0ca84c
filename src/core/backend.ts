import { type Endpoint, formatEndpoint } from "./address.ts";
import type { Counts } from "./counts.ts";
import type { Latency } from "./latency.ts";

/** What an operator wants of a backend: `drain` gets nothing new and keeps what it has, `maint` is never dialled. */
export const administrativeStates = ["ready", "drain", "maint"] as const;
export type AdministrativeState = (typeof administrativeStates)[number];

/** What is fixed for a backend's life; its name and address together say which backend it is. */
export interface BackendIdentity {
  readonly name: string;
  readonly endpoint: Endpoint;
}

/** One server that sessions are sent to: its settings, its state, and its live numbers. It knows no sockets. */
export class Backend {
  readonly name: string;
  readonly endpoint: Endpoint;
  /** The endpoint as text, for records. */
  readonly address: string;
  /** Its share relative to others; 0 gets nothing new. */
  weight = 1;
  state: AdministrativeState = "ready";
  #retired = false;

  constructor(
    identity: BackendIdentity,
    readonly counts: Counts,
    readonly latency: Latency,
    readonly slot: number = counts.claim(),
  ) {
    this.name = identity.name;
    this.endpoint = identity.endpoint;
    this.address = formatEndpoint(identity.endpoint);
  }

  /** Sessions on it now, counted from the moment it was chosen. */
  get active(): number {
    return this.counts.active[this.slot] as number;
  }

  /** It is a member of no pool any more; its slot is free once its last session has ended. */
  retire(): void {
    this.#retired = true;
    this.vacated();
  }

  /** A place on it became free. */
  vacated(): void {
    if (this.#retired && this.active === 0) this.counts.release(this.slot);
  }

  /** Whether it may get a new session. */
  get usable(): boolean {
    return !this.#retired && this.state === "ready" && this.weight > 0;
  }
}
