import type { AlgorithmName } from "../contract/algorithm.ts";
import type { ListenerSample, Sample } from "../contract/sample.ts";
import { formatEndpoint } from "../core/address.ts";
import type { Ending } from "../core/ending.ts";
import type { Steps } from "../core/slices.ts";
import { type Administered, administered, type BackendLayers, layersOf } from "./layers.ts";
import type { Overlay, PoolValues } from "./overlay.ts";
import type { UnresolvedBackend } from "./unresolved.ts";
import type { SourcedValues } from "./words.ts";

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
  /** By which new sessions are given their backends. */
  readonly algorithm: AlgorithmName;
  /** What is wanted of it. */
  readonly administrative: { readonly algorithm: Administered<AlgorithmName> };
  /** Sessions that wait for a place. */
  readonly queued: number;
  /** Sessions on its backends now. */
  readonly active: number;
  readonly backends: readonly BackendLayers[];
}

/** Puts what is wanted and what is side by side, as steps. `nowMs`: Unix time when the sample was taken. */
export function* statusOf(
  overlay: Overlay,
  sample: Sample,
  unresolved: readonly UnresolvedBackend[],
  nowMs: number,
): Steps<Status> {
  const samples = new Map(sample.pools.map((pool) => [pool.name, pool]));
  const reasons = reasonsOf(unresolved);
  const pools: PoolStatus[] = [];
  for (const [name, file] of Object.entries(overlay.file.pools)) {
    const { queued, backends: members } = samples.get(name) ?? { queued: 0, backends: [] };
    const active = members.reduce((sum, each) => sum + each.active, 0);
    const backends: BackendLayers[] = [];
    const known = { overlay, sample: { name, backends: members }, nowMs };
    for (const each of layersOf({ ...known, unresolved: reasons.get(name) ?? new Map() }))
      yield backends.push(each);
    const { algorithm } = overlay.pool(name) as SourcedValues<PoolValues>;
    const administrative = { algorithm: administered(algorithm, file.algorithm) };
    yield pools.push({ name, algorithm: algorithm.value, administrative, queued, active, backends });
  }
  return { listeners: sample.listeners.map(listenerStatus), pools };
}

/** Why names have no address, by the pool and the entry. */
function reasonsOf(unresolved: readonly UnresolvedBackend[]): ReadonlyMap<string, Map<string, string>> {
  const pools = new Map<string, Map<string, string>>();
  for (const { pool, backend, reason } of unresolved)
    pools.set(pool, (pools.get(pool) ?? new Map()).set(backend, reason));
  return pools;
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
