import type { BackendConfig } from "../config/config.ts";
import type { ClientEntry } from "../contract/clients.ts";
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

/** What a row is of. */
export type Place = BackendPlace | ClientPlace;

/** Another row for one backend; nothing has changed before it is put. */
export interface BackendEdit extends BackendPlace, Row<BackendConfig> {
  /** Removes a copy of a server, of which the store never knew. */
  readonly wasCopy?: true;
}

/** Another row for one client. */
export interface ClientEdit extends ClientPlace, Row<ClientEntry> {}

export type Edit = BackendEdit | ClientEdit;

export function nothingOfBackend(pool: string, name: string): BackendEdit {
  return { shelf: "backends", pool, name, added: undefined, said: [] };
}

export function nothingOfClient(id: string): ClientEdit {
  return { shelf: "clients", id, added: undefined, said: [] };
}

/** The key of a backend or client on its shelf in a store; no name of a pool has a slash in it. */
export function keyOf(place: Place): string {
  return place.shelf === "clients" ? place.id : `${place.pool}/${place.name}`;
}

/** The one name of a place among all. */
export function nameOf(place: Place): string {
  return `${place.shelf} ${keyOf(place)}`;
}
