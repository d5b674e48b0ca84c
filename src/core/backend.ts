import { type Endpoint, formatEndpoint } from "./address.ts";
import type { Counts } from "./counts.ts";
import type { Latency } from "./latency.ts";

/** What an operator wants of a backend: `drain` gets nothing new and keeps what it has, `maint` is never dialled. */
export const administrativeStates = ["ready", "drain", "maint"] as const;
export type AdministrativeState = (typeof administrativeStates)[number];

/** What health makes of a backend: `down` by its probes, `ejected` for a while by its failed dials. */
const operationalStates = ["up", "down", "ejected"] as const;
export type OperationalState = (typeof operationalStates)[number];

/** A backend as configured. */
export interface BackendSettings {
  readonly name: string;
  /** The name of its entry in the file, where each address of that is a member of its own; default: its name. */
  readonly entry?: string;
  readonly endpoint: Endpoint;
  /** Its share relative to others; 0 gets nothing new. */
  readonly weight: number;
  /** Sessions at once. */
  readonly maxConnections: number;
  /** Serves only what no other backend can. */
  readonly backup: boolean;
  readonly state: AdministrativeState;
}

/** What says which backend it is: its entry in the file and its address, whatever it is called beside others. */
export function identityOf({ name, entry = name, endpoint }: Identified): string {
  return `${entry} ${formatEndpoint(endpoint)}`;
}

type Identified = Pick<BackendSettings, "name" | "entry" | "endpoint">;

/** What an operator wants of a backend while it runs, beside what is configured. */
export interface Wish {
  readonly state?: AdministrativeState;
  readonly weight?: number;
  readonly maxConnections?: number;
}

/** One server that sessions are sent to: its settings, its state, and its live numbers. It knows no sockets. */
export class Backend {
  /** See identityOf. */
  readonly identity: string;
  readonly endpoint: Endpoint;
  /** The endpoint as text, for records. */
  readonly address: string;
  /** Its share at this moment: the configured weight, or less while it starts slowly. */
  weight: number;
  /** Whether its probes pass. */
  alive = true;
  ejected = false;
  #settings: BackendSettings;
  #wish: Wish = {};
  #retired = false;

  constructor(
    settings: BackendSettings,
    readonly counts: Counts,
    readonly latency: Latency,
    readonly slot: number = counts.claim(),
  ) {
    this.#settings = settings;
    this.identity = identityOf(settings);
    this.endpoint = settings.endpoint;
    this.address = formatEndpoint(settings.endpoint);
    this.weight = settings.weight;
  }

  get name(): string {
    return this.#settings.name;
  }

  /** The same settings under another name: nothing else changes. */
  rename(settings: BackendSettings): void {
    this.#settings = settings;
  }

  /** As configured. */
  get settings(): BackendSettings {
    return this.#settings;
  }

  get state(): AdministrativeState {
    return this.#wish.state ?? this.#settings.state;
  }

  /** What an operator wants it to be, where that is newer than what is configured. */
  get orderedState(): AdministrativeState | undefined {
    return this.#wish.state;
  }

  /** Its share once it has started. */
  get fullWeight(): number {
    return this.#wish.weight ?? this.#settings.weight;
  }

  /** New settings, for the same identity. They are the newest word: earlier wishes are over. */
  configure(settings: BackendSettings): void {
    this.#settings = settings;
    this.#wish = {};
    this.weight = this.fullWeight;
  }

  /** An operator's wishes, added to earlier ones; they hold until the backend is configured differently. */
  adjust(wish: Wish): void {
    this.#wish = { ...this.#wish, ...wish };
    this.weight = this.fullWeight;
  }

  /** Sessions on it now, counted from the moment it was chosen. */
  get active(): number {
    return this.counts.active[this.slot] as number;
  }

  /** Whether it has no place for another session. */
  get full(): boolean {
    return this.active >= (this.#wish.maxConnections ?? this.#settings.maxConnections);
  }

  get operational(): OperationalState {
    if (!this.alive) return "down";
    return this.ejected ? "ejected" : "up";
  }

  /** Whether an operator or the file takes it out: it keeps the sessions it has, and gets no other. */
  get leaving(): boolean {
    return this.state !== "ready" || this.#retired;
  }

  /** Whether it may get a new session. */
  get usable(): boolean {
    return !this.ejected && this.eligible;
  }

  /** The same but for its ejection. */
  get eligible(): boolean {
    return !this.leaving && this.weight > 0 && this.alive;
  }

  /** It is a member of no pool any more; its slot is free once its last session has ended. */
  retire(): void {
    this.#retired = true;
    this.vacated();
  }

  /** It is a member again, while it still has sessions: they go on counting, and all else is as of a new backend. */
  rejoin(settings: BackendSettings): void {
    this.#retired = false;
    this.alive = true;
    this.ejected = false;
    this.configure(settings);
  }

  /** A place on it became free. */
  vacated(): void {
    if (this.#retired && this.active === 0) this.counts.release(this.slot);
  }
}
