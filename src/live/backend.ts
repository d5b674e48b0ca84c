import { type BackendSettings, identityOf } from "../contract/backend.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Counts } from "./counts.ts";
import type { Latency } from "./latency.ts";
import { trials } from "./trial.ts";

/** One server that sessions are sent to: its identity, its settings and its live numbers. It knows no sockets. */
export class Backend {
  /** See identityOf. */
  readonly identity: string;
  readonly endpoint: Endpoint;
  /** The endpoint as text, for records. */
  readonly address: string;
  /** As it is wanted; the identity in it never changes. */
  settings: BackendSettings;
  /** Its share at this moment: the wanted weight, or less while it starts slowly. */
  weight: number;

  constructor(
    settings: BackendSettings,
    readonly counts: Counts,
    readonly latency: Latency,
    readonly slot: number = counts.claim(),
  ) {
    this.settings = settings;
    this.identity = identityOf(settings);
    this.endpoint = settings.endpoint;
    this.address = formatEndpoint(settings.endpoint);
    this.weight = settings.weight;
  }

  get name(): string {
    return this.settings.name;
  }

  /** Sessions on it now, counted from the moment it was chosen. */
  get active(): number {
    return this.counts.active[this.slot] as number;
  }

  /** Whether it has no place for another session: it has its maximum, or one is trying it. */
  get full(): boolean {
    return this.active >= this.settings.maxConnections || this.counts.trial[this.slot] === trials.taken;
  }

  /** Whether the next session on it is the one that tries it. */
  get onTrial(): boolean {
    return this.counts.trial[this.slot] === trials.open;
  }

  /** Whether its standing allows it a new session. */
  get usable(): boolean {
    return this.counts.usable[this.slot] === 1;
  }

  /** Whether a session may take a place on it now. */
  get free(): boolean {
    return this.usable && !this.full;
  }
}
