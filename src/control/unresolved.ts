import { isIP } from "node:net";
import { explain, Failure } from "../command/failure.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Names } from "./names.ts";
import type { Overlay } from "./overlay.ts";
import { namesIn } from "./snapshot.ts";

/** A backend that is left out until its name has an address. */
export interface UnresolvedBackend {
  readonly pool: string;
  readonly backend: string;
  readonly address: string;
  /** In words. */
  readonly reason: string;
}

/** The backends whose names have no address; all names were learnt before. */
export function unresolvedBackends(overlay: Overlay, names: Names): UnresolvedBackend[] {
  if (namesIn(overlay).backends.length === 0) return [];
  const all = Object.keys(overlay.file.pools).flatMap((pool) =>
    (overlay.entriesOf(pool) ?? []).map(({ name, address }) => ({ pool, name, address })),
  );
  return all.flatMap(({ pool, name, address }) => {
    const reason = reasonAgainst(address, names);
    return reason === undefined ? [] : [{ pool, backend: name, address: formatEndpoint(address), reason }];
  });
}

/** Throws a Failure that names the first listener whose name has no address; all names were learnt before. */
export function refuseUnresolved({ file }: Overlay, names: Names): void {
  for (const { name, listen } of file.listeners) {
    const reason = reasonAgainst(listen, names);
    if (reason !== undefined) throw new Failure(`the listener ${name} cannot listen: ${reason}`);
  }
}

function reasonAgainst(endpoint: Endpoint, names: Names): string | undefined {
  if (endpoint.kind === "unix" || isIP(endpoint.host) !== 0) return undefined;
  if (names.addressesOf(endpoint.host).length > 0) return undefined;
  const error = names.errorOf(endpoint.host);
  return error === undefined ? `${endpoint.host} is not looked up any more` : explain(error, endpoint.host);
}
