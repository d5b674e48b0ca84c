import type { BackendConfig } from "../config/config.ts";
import type { Mistake } from "../config/mistake.ts";
import type { AddressesOf } from "../config/reach.ts";
import type { ClientEntry, ClientTokens } from "../contract/clients.ts";
import type { Outcome } from "../contract/order.ts";
import type { Sample } from "../contract/sample.ts";
import type { BackendValues, ClientValues, Overlay, Said } from "../control/overlay.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../observe/log.ts";
import type { Plane } from "../plane/plane.ts";

/** Everything the API reads and steers; it holds nothing else of the balancer. */
export interface Controls {
  readonly clock: Clock;
  readonly log: Pick<Log, "logger">;
  readonly plane: Pick<Plane, "sample" | "sessions" | "clients" | "decisions">;
  readonly steering: SteeringWheel;
  /** Absent where there are no templates. */
  readonly copies?: Copies;
  /** Absent where nothing counts. */
  readonly metrics?: Metrics;
  /** What is wanted now. */
  overlay(): Overlay;
  /** Whether the balancer was told to stop. */
  stopping(): boolean;
  /** The three layers of every backend, as plain data. */
  status(sample: Sample): object;
  /** A decision as a person reads it. */
  explain(decision: Awaited<ReturnType<Plane["decisions"]>>[number]): string;
  /** What is wrong beside what a sample tells, a sentence each: the store is down, lines of the log are dropped. */
  ailments(): readonly string[];
  /** The addresses by which a name is known now. */
  readonly addressesOf: AddressesOf;
  reload(): Promise<Reloaded>;
}

/** Throws where a change must not be made; it is called in the moment before that. */
export type Check = (overlay: Overlay) => void;

/** Why a change is not made. */
export type Refusal = "unknown" | "exists" | "of-the-file" | "is-a-copy" | "full";

/** What became of a word; `stored: false`: it is in force, and the store does not have it yet. */
export type Spoken =
  | { readonly kind: "done"; readonly stored?: boolean }
  | { readonly kind: "refused"; readonly why: Refusal };

/** How one change is to be made. */
export interface How {
  readonly check?: Check;
  readonly withinMs?: number;
}

/**
 * What an operator may do. Each call resolves when the data plane has it; rejects with what `check` throws, with StoreDown
 * where settings cannot be kept, with ConfigMistakes or a RangeError where a backend cannot be had.
 */
export interface SteeringWheel {
  setBackend(pool: string, name: string, said: Said<BackendValues>, how?: How): Promise<Spoken>;
  addBackend(pool: string, backend: BackendConfig, how?: Pick<How, "check">): Promise<Spoken>;
  removeBackend(pool: string, name: string, how?: How): Promise<Spoken>;
  setClient(id: string, said: Said<ClientValues>, how?: Pick<How, "check">): Promise<Spoken>;
  addClient(client: ClientEntry, how?: Pick<How, "check">): Promise<Spoken>;
  removeClient(id: string, how?: Pick<How, "check">): Promise<Spoken>;
  fill(client: ClientTokens): Promise<Outcome>;
  kill(session: string): Promise<Outcome>;
  /** Of the sessions on backends above their fair share, a share is ended, spread over the time. */
  rebalance(pool: string, share: number, withinMs: number): Promise<Outcome>;
}

/** What became of a reload. */
export type Reloaded =
  | { readonly kind: "applied" | "unchanged"; readonly changes: readonly string[] }
  /** Each as text where it is no mistake of the file's. */
  | { readonly kind: "refused"; readonly mistakes: readonly (Mistake | string)[] }
  | { readonly kind: "no-file" };

/** One copy of a template. */
export interface Copy {
  readonly name: string;
  readonly template: string;
  readonly pool: string;
  readonly address: string;
  readonly pid: number | undefined;
  /** One word: starting, up, waiting … */
  readonly state: string;
  readonly crashes: number;
}

/** The copies of servers that run. */
export interface Copies {
  /** The oldest first. */
  list(): readonly Copy[];
  /** Throws a RangeError where there are not enough ports. `up` resolves when all answer their probe. */
  start(template: string, count: number): { readonly names: readonly string[]; readonly up: Promise<void> };
  /** False where there is no such copy; it leaves by draining. */
  stop(name: string): boolean;
}

/** The numbers as Prometheus reads them. */
export interface Metrics {
  /** `accept`: the header of that name. */
  render(accept: string): Promise<{ readonly contentType: string; readonly body: string }>;
}
