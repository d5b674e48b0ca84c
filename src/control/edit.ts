import type { BackendConfig, PoolConfig } from "../config/config.ts";
import type { ClientEntry } from "../contract/clients.ts";
import type { Keep } from "../store/seam.ts";
import type { Row } from "./shelf.ts";

/** One backend, by its pool and the name of its entry. */
interface BackendPlace {
  readonly shelf: "backends";
  readonly pool: string;
  readonly name: string;
}

/** One client. */
interface ClientPlace {
  readonly shelf: "clients";
  readonly id: string;
}

/** One pool. */
interface PoolPlace {
  readonly shelf: "pools";
  readonly pool: string;
}

/** What a row is of. */
export type Place = BackendPlace | ClientPlace | PoolPlace;

/** Another row for one backend; nothing has changed before it is put. */
export interface BackendEdit extends BackendPlace, Row<BackendConfig> {
  /** Removes a copy of a server, of which the store never knew. */
  readonly wasCopy?: true;
}

/** Another row for one client. */
export interface ClientEdit extends ClientPlace, Row<ClientEntry> {}

/** Another row for one pool; none is ever added. */
export interface PoolEdit extends PoolPlace, Row<PoolConfig> {}

export type Edit = BackendEdit | ClientEdit | PoolEdit;

export function nothingOfBackend(pool: string, name: string): BackendEdit {
  return { shelf: "backends", pool, name, added: undefined, said: [] };
}

/** Where a store has the row of a place: a pool stands beside its backends, as no name of a pool has a slash in it. */
export function keptAt(place: Place): Omit<Keep, "value"> {
  switch (place.shelf) {
    case "clients":
      return { shelf: "clients", key: place.id };
    case "pools":
      return { shelf: "backends", key: place.pool };
    case "backends":
      return { shelf: "backends", key: `${place.pool}/${place.name}` };
  }
}

/** The one name of a place among all. */
export function nameOf(place: Place): string {
  return nameAt(keptAt(place));
}

/** The same of what a store has there. */
export function nameAt({ shelf, key }: Omit<Keep, "value">): string {
  return `${shelf} ${key}`;
}
