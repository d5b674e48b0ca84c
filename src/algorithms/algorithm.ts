import type { Backend } from "../live/backend.ts";

/** Who a session is from, as hashing sees it. */
export interface ClientKey {
  /** The client's address, canonical, without port; worked out when first asked for. */
  readonly address: string;
}

/**
 * Ranks the backends for a client, best first, each once; an empty array gives an empty ranking, and the array is
 * never changed. Every weight in it is above 0. A ranking is iterated over once. Backends that `skips` says yes to, as
 * they are when the ranking begins, are not in it: reading past many one by one costs a scan each, this costs one for all.
 *
 * A ranking is read as far as it is needed: a session whose dial failed reads on. So health, limits, failover and
 * retry need no second mechanism. An algorithm's memory moves on with each backend *read*, not once per ranking:
 * the share of a backend that is skipped goes to all others instead of to its neighbour.
 *
 * The array is replaced whole when a member comes, goes or changes its weight, so its identity is the version that a
 * table may be built for. Arrays that follow one another belong to one instance; another sequence (the backups) has
 * an instance of its own. The first backend is found without sorting or copying; later ones may cost more.
 */
export type Algorithm = (
  backends: readonly Backend[],
  client: ClientKey,
  skips?: (backend: Backend) => boolean,
) => Iterable<Backend>;

/** How busy a backend is; lower is better. Measuring apart from choosing: `least(byConnections)`, `p2c(byConnections)`. */
export type Load = (backend: Backend) => number;
