import type { Algorithm, ClientKey } from "../algorithms/algorithm.ts";
import { type AlgorithmName, algorithms } from "../algorithms/index.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import { type AdministrativeState, Backend } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";
import type { Counts } from "../core/counts.ts";
import type { Dice } from "../core/dice.ts";
import { measureLatency } from "../core/latency.ts";
import { Lease } from "./lease.ts";

/** A backend as configured. Its name and endpoint together say which one it is. */
export interface BackendSettings {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly weight: number;
  readonly state: AdministrativeState;
}

/** A pool as configured. */
export interface PoolSettings {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  /** Different backends dialled per session. */
  readonly attempts: number;
  readonly connectMs: number;
  readonly backends: readonly BackendSettings[];
}

/** What a pool is given by the balancer it lives in. */
export interface Surroundings {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly counts: Counts;
}

/** The backends that sessions of some listeners are spread over, and the algorithm that ranks them. It knows no sockets. */
export class Pool {
  #settings: PoolSettings;
  readonly #surroundings: Surroundings;
  #algorithm: Algorithm;
  #members: readonly Backend[] = [];
  /** Those that may get something new; replaced whole when one of them changes, so that its identity is a version. */
  #usable: readonly Backend[] = [];

  constructor(settings: PoolSettings, surroundings: Surroundings) {
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#algorithm = algorithms[settings.algorithm].create(surroundings);
    this.#enlist(settings.backends);
  }

  get name(): string {
    return this.#settings.name;
  }

  get attempts(): number {
    return this.#settings.attempts;
  }

  get connectMs(): number {
    return this.#settings.connectMs;
  }

  get members(): readonly Backend[] {
    return this.#members;
  }

  /** The usable backends for this client, best first; read as far as needed. */
  rank(client: ClientKey): Iterable<Backend> {
    return this.#algorithm(this.#usable, client);
  }

  /** Takes a place on a backend; it belongs to the caller. */
  lease(backend: Backend): Lease {
    return new Lease(backend, this.#surroundings.clock);
  }

  /** Applies new settings in place: what did not change keeps its counts and its part in the algorithm's memory. */
  update(settings: PoolSettings): void {
    if (settings.algorithm !== this.#settings.algorithm) {
      this.#algorithm = algorithms[settings.algorithm].create(this.#surroundings);
    }
    this.#settings = settings;
    this.#enlist(settings.backends);
  }

  /** Sets an operator's wish on one backend; false where no member has that name. */
  adjust(name: string, wish: { readonly state?: AdministrativeState; readonly weight?: number }): boolean {
    const backend = this.#members.find((member) => member.name === name);
    if (backend === undefined) return false;
    backend.state = wish.state ?? backend.state;
    backend.weight = wish.weight ?? backend.weight;
    this.#usable = this.#members.filter((member) => member.usable);
    return true;
  }

  /** Lets go of all members; their sessions live on. */
  dissolve(): void {
    this.#enlist([]);
  }

  #enlist(backends: readonly BackendSettings[]): void {
    const before = new Map(this.#members.map((member) => [key(member), member]));
    this.#members = backends.map((settings) => {
      const backend = before.get(key(settings)) ?? this.#newcomer(settings);
      before.delete(key(settings));
      backend.weight = settings.weight;
      backend.state = settings.state;
      return backend;
    });
    for (const gone of before.values()) gone.retire();
    this.#usable = this.#members.filter((member) => member.usable);
  }

  #newcomer(settings: BackendSettings): Backend {
    const { counts, clock } = this.#surroundings;
    return new Backend(settings, counts, measureLatency(clock));
  }
}

function key(backend: { readonly name: string; readonly endpoint: Endpoint }): string {
  return `${backend.name} ${formatEndpoint(backend.endpoint)}`;
}
