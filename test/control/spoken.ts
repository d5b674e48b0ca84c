import type { BackendConfig } from "#lb/config/config";
import type { ClientEntry } from "#lb/contract/clients";
import type { Edit } from "#lb/control/edit";
import type { BackendValues, ClientValues, Overlay, Refused } from "#lb/control/overlay";
import type { Said } from "#lb/control/shelf";

/** Says something of a backend and puts it; false where there is no such backend. */
export function sayOfBackend(
  overlay: Overlay,
  pool: string,
  name: string,
  said: Said<BackendValues>,
): boolean {
  return put(overlay, overlay.sayingOfBackend(pool, name, said)) === undefined;
}

export function addBackend(overlay: Overlay, pool: string, backend: BackendConfig): Refused | undefined {
  return put(overlay, overlay.addingBackend(pool, backend));
}

export function removeBackend(overlay: Overlay, pool: string, name: string): Refused | undefined {
  return put(overlay, overlay.removingBackend(pool, name));
}

/** Says something of a client and puts it; false where there is no such client. */
export function sayOfClient(overlay: Overlay, id: string, said: Said<ClientValues>): boolean {
  return put(overlay, overlay.sayingOfClient(id, said)) === undefined;
}

export function addClient(overlay: Overlay, client: ClientEntry): Refused | undefined {
  return put(overlay, overlay.addingClient(client));
}

export function removeClient(overlay: Overlay, id: string): Refused | undefined {
  return put(overlay, overlay.removingClient(id));
}

function put(overlay: Overlay, edit: Edit | Refused): Refused | undefined {
  if (typeof edit === "string") return edit;
  overlay.put(edit);
  return undefined;
}
