import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Mistake, Path } from "./mistake.ts";
import { type AddressesOf, leadsTo, reached } from "./reach.ts";
import { shown } from "./shown.ts";

/** What a file says of who sends to whom; what is not understood of it is undefined. */
export interface Routes {
  readonly listeners: readonly { readonly listen: Endpoint | undefined; readonly pool: unknown }[];
  readonly pools: Iterable<readonly [name: string, backends: readonly Destination[]]>;
}

interface Destination {
  readonly address: Endpoint | undefined;
}

/**
 * The backends through which a pool leads back to itself, directly or by way of other listeners: each session would
 * open the next, without end. One listener before another is fine. Names stand for what `addressesOf` says, by
 * default for what every machine knows without asking.
 */
export function loopMistakes(routes: Routes, addressesOf?: AddressesOf): Mistake[] {
  const edges = edgesOf(routes, addressesOf);
  const next = new Map<string, Set<string>>();
  for (const { from, to } of edges) next.set(from, (next.get(from) ?? new Set()).add(to));
  const reachable = new Map(
    [...new Set(edges.map(({ to }) => to))].map((pool) => [pool, reachedFrom(pool, next)]),
  );
  const closing = edges.filter(({ from, to }) => reachable.get(to)?.has(from));
  // Each backend once, however many of its addresses lead back.
  const backends = new Map(closing.map((edge) => [edge.path, edge])).values();
  return Array.from(backends, ({ path, backend, listener }) => ({
    path,
    expected: "a backend that does not lead back to its own listener",
    got: `${shown(formatEndpoint(backend))}, where ${formatEndpoint(listener)} listens`,
  }));
}

/** One backend that leads to a listener, as a step from pool to pool. */
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly path: Path;
  /** Both as they are written. */
  readonly backend: Endpoint;
  readonly listener: Endpoint;
}

function edgesOf({ listeners, pools }: Routes, addressesOf?: AddressesOf): Edge[] {
  const places = placesOf(listeners, addressesOf);
  return [...pools].flatMap(([from, backends]) =>
    backends.flatMap(({ address }, at) => {
      if (address === undefined) return [];
      const path = ["pools", from, "backends", at, "address"];
      return reached(address, addressesOf).flatMap((endpoint) => {
        const near = places.get(portOf(endpoint)) ?? [];
        const led = near.filter((place) => leadsTo(endpoint, place.endpoint));
        return led.map(({ to, listener }) => ({ from, to, path, backend: address, listener }));
      });
    }),
  );
}

/** Where a connection comes to a listener. */
interface Place extends Pick<Edge, "to" | "listener"> {
  readonly endpoint: Endpoint;
}

/** By port: many listeners are compared with many backends. */
function placesOf(listeners: Routes["listeners"], addressesOf?: AddressesOf): Map<number | string, Place[]> {
  const places = new Map<number | string, Place[]>();
  for (const { listen, pool } of listeners) {
    if (listen === undefined || typeof pool !== "string") continue;
    for (const endpoint of reached(listen, addressesOf)) {
      const near = places.get(portOf(endpoint)) ?? [];
      places.set(portOf(endpoint), near);
      near.push({ endpoint, to: pool, listener: listen });
    }
  }
  return places;
}

function portOf(endpoint: Endpoint): number | string {
  return endpoint.kind === "tcp" ? endpoint.port : endpoint.path;
}

function reachedFrom(pool: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set([pool]);
  for (const each of found) for (const other of next.get(each) ?? []) found.add(other);
  return found;
}
