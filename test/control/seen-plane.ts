import type { AlgorithmName } from "#lb/contract/algorithm";
import type { BackendSettings } from "#lb/contract/backend";
import type { ClientEntry } from "#lb/contract/clients";
import type { PoolSettings } from "#lb/contract/pool";
import type { Change, Snapshot } from "#lb/contract/snapshot";
import type { Plane } from "#lb/plane/plane";

/** What a plane has been told so far of the pool p, its members and clients. */
export class SeenPlane {
  #members = new Map<string, Pick<BackendSettings, "state" | "weight" | "maxConnections">>();
  #algorithm: AlgorithmName | undefined;
  #clients = new Map<string, ClientEntry>();

  /** Listens to what the plane is told from now on. */
  constructor(plane: Plane) {
    const { apply, change } = plane;
    plane.apply = (snapshot) => {
      this.#takes(snapshot);
      return apply.call(plane, snapshot);
    };
    plane.change = (each) => {
      this.#hears(each);
      return change.call(plane, each);
    };
  }

  get seen() {
    return {
      algorithm: this.#algorithm,
      backends: Object.fromEntries(this.#members),
      clients: Object.fromEntries(this.#clients),
    };
  }

  #takes({ pools, clients }: Snapshot): void {
    this.#sees(pools.find(({ name }) => name === "p"));
    this.#clients = new Map(clients.list.map((each) => [each.id, each]));
  }

  #sees(pool: PoolSettings | undefined): void {
    this.#algorithm = pool?.algorithm;
    this.#members = membersOf(pool);
  }

  #hears(change: Change): void {
    if (change.kind === "pool" && change.pool.name === "p") this.#sees(change.pool);
    if (change.kind === "client") this.#clients.set(change.client.id, change.client);
    if (change.kind === "client-removed") this.#clients.delete(change.id);
  }
}

function membersOf(pool: PoolSettings | undefined) {
  const backends = pool?.backends ?? [];
  return new Map(
    backends.map(({ name, state, weight, maxConnections }) => [name, { state, weight, maxConnections }]),
  );
}
