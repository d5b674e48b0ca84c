import type { AlgorithmName } from "../contract/algorithm.ts";
import type { ListenerSample, Sample } from "../contract/sample.ts";
import { formatEndpoint } from "../core/address.ts";
import type { Ending } from "../core/ending.ts";
import { type BackendLayers, layersOf } from "./layers.ts";
import type { Overlay } from "./overlay.ts";
import type { UnresolvedBackend } from "./unresolved.ts";

/** What is wanted and what is, as plain JSON. Times are ISO 8601 in UTC. */
export interface Status {
  readonly listeners: readonly ListenerStatus[];
  readonly pools: readonly PoolStatus[];
  /** There where a laboratory started this balancer: its servers and its load can be steered. */
  readonly laboratory?: true;
}

/** One listener. */
interface ListenerStatus {
  readonly name: string;
  /** Where it listens, with the real port. */
  readonly address: string;
  /** Whether it listens no longer and is here for the sessions that it has left. */
  readonly leaving: boolean;
  /** Sessions now. */
  readonly active: number;
  /** Sessions since it was opened. */
  readonly sessions: number;
  /** Of sessions that have ended. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** How many ended with each word; words of which there were none are absent. */
  readonly endings: { readonly [word in Ending]?: number };
}

/** One pool. */
interface PoolStatus {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  /** Sessions that wait for a place. */
  readonly queued: number;
  /** Sessions on its backends now. */
  readonly active: number;
  readonly backends: readonly BackendLayers[];
}

/** Puts what is wanted and what is side by side. `nowMs`: Unix time when the sample was taken. */
export function statusOf(
  overlay: Overlay,
  sample: Sample,
  unresolved: readonly UnresolvedBackend[],
  nowMs: number,
): Status {
  const samples = new Map(sample.pools.map((pool) => [pool.name, pool]));
  const pools = Object.entries(overlay.file.pools).map(([name, { algorithm }]): PoolStatus => {
    const pool = samples.get(name) ?? { queued: 0, backends: [] };
    const reasons = unresolved.filter((each) => each.pool === name);
    const nameless = new Map(reasons.map(({ backend, reason }) => [backend, reason]));
    const active = pool.backends.reduce((sum, each) => sum + each.active, 0);
    const backends = [
      ...layersOf({ overlay, sample: { name, backends: pool.backends }, unresolved: nameless, nowMs }),
    ];
    return { name, algorithm, queued: pool.queued, active, backends };
  });
  return { listeners: sample.listeners.map(listenerStatus), pools };
}

function listenerStatus({
  name,
  endpoint,
  leaving,
  active,
  sessions,
  bytesIn,
  bytesOut,
  endings,
}: ListenerSample) {
  const address = formatEndpoint(endpoint);
  return { name, address, leaving, active, sessions, bytesIn, bytesOut, endings };
}
