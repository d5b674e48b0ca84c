import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Mistake, Path } from "./mistake.ts";
import { leadsTo } from "./reach.ts";
import { shown } from "./shown.ts";

/** Who sends to whom: each address as it is written, and the literal addresses that stands for. */
export interface Routes {
  readonly listeners: readonly {
    readonly pool: string;
    readonly written: Endpoint;
    readonly at: readonly Endpoint[];
  }[];
  readonly backends: readonly {
    readonly pool: string;
    readonly path: Path;
    readonly written: Endpoint;
    readonly to: readonly Endpoint[];
  }[];
}

/**
 * The backends through which a pool leads back to itself, directly or by way of other listeners: each session would
 * open the next, without end. One listener before another is fine.
 */
export function loopMistakes(routes: Routes): Mistake[] {
  const edges = edgesOf(routes);
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

function edgesOf({ listeners, backends }: Routes): Edge[] {
  const places = listeners.flatMap(({ pool, written, at }) =>
    at.map((endpoint) => ({ endpoint, to: pool, listener: written })),
  );
  const byPlace = new Map<number | string, (typeof places)[number][]>();
  for (const place of places) {
    const port = portOf(place.endpoint);
    byPlace.set(port, [...(byPlace.get(port) ?? []), place]);
  }
  return backends.flatMap(({ pool, path, written, to }) =>
    to.flatMap((endpoint) => {
      const near = byPlace.get(portOf(endpoint)) ?? [];
      const led = near.filter((place) => leadsTo(endpoint, place.endpoint));
      return led.map((place) => ({ ...place, from: pool, path, backend: written }));
    }),
  );
}

function portOf(endpoint: Endpoint): number | string {
  return endpoint.kind === "tcp" ? endpoint.port : endpoint.path;
}

function reachedFrom(pool: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set([pool]);
  for (const each of found) for (const other of next.get(each) ?? []) found.add(other);
  return found;
}
