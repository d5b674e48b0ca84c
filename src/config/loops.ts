import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Mistake, Path } from "./mistake.ts";
import { leadsTo } from "./reach.ts";
import { shown } from "./shown.ts";

/** Who sends to whom, by literal addresses. */
export interface Routes {
  readonly listeners: readonly { readonly pool: string; readonly at: readonly Endpoint[] }[];
  readonly backends: readonly {
    readonly pool: string;
    readonly path: Path;
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
  return edges
    .filter(({ from, to }) => reachable.get(to)?.has(from))
    .map(({ path, backend, listener }) => ({
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
  readonly backend: Endpoint;
  readonly listener: Endpoint;
}

function edgesOf({ listeners, backends }: Routes): Edge[] {
  const places = listeners.flatMap(({ pool, at }) => at.map((listener) => ({ to: pool, listener })));
  const byPlace = new Map<number | string, (typeof places)[number][]>();
  for (const place of places) {
    const port = portOf(place.listener);
    byPlace.set(port, [...(byPlace.get(port) ?? []), place]);
  }
  return backends.flatMap(({ pool, path, to }) =>
    to.flatMap((backend) => {
      const near = byPlace.get(portOf(backend)) ?? [];
      const led = near.filter(({ listener }) => leadsTo(backend, listener));
      return led.map((place) => ({ ...place, from: pool, path, backend }));
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
