import type { AlgorithmName } from "../contract/algorithm.ts";
import type { ListenerSample, PoolSample, Sample } from "../contract/sample.ts";
import { formatEndpoint } from "../core/address.ts";
import type { Ending } from "../core/ending.ts";
import type { Steps } from "../core/slices.ts";
import type { HealthChecker } from "../health/checker.ts";
import {
  type Administered,
  administered,
  type BackendLayers,
  type Limit,
  layersOf,
  limit,
} from "./layers.ts";
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
  /** Where its sessions go; null once it is no part of the configuration any more. */
  readonly pool: string | null;
  /** Where it listens, with the real port. */
  readonly address: string;
  /** Whether it listens no longer and is here for the sessions that it has left. */
  readonly leaving: boolean;
  /** Sessions now. */
  readonly active: number;
  /** Sessions at once. */
  readonly maxConnections: Limit;
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
  /** Sessions that may wait for one. */
  readonly queueMax: number;
  /** Sessions on its backends now. */
  readonly active: number;
  /** Backends that may get a session now. */
  readonly usable: number;
  readonly backends: readonly BackendLayers[];
}

/** What a status is made of. */
interface StatusParts {
  readonly overlay: Overlay;
  readonly sample: Sample;
  readonly unresolved: readonly UnresolvedBackend[];
  readonly checker: Pick<HealthChecker, "lastProbe">;
  /** Unix time and the Clock's when the sample was taken. */
  readonly nowMs: number;
  readonly clockMs: number;
}

/** Puts what is wanted and what is side by side, backend by backend: of thousands it is long work. */
export function* statusOf(parts: StatusParts): Steps<Status> {
  const { overlay, sample } = parts;
  const samples = new Map(sample.pools.map((pool) => [pool.name, pool]));
  const pools: PoolStatus[] = [];
  for (const [name, file] of Object.entries(overlay.file.pools)) {
    const { queued, queueMax, active, usable, backends } = samples.get(name) ?? NOT_APPLIED;
    const layers = yield* layersIn({ name, backends }, parts);
    const { algorithm: wanted } = overlay.pool(name) as SourcedValues<PoolValues>;
    const algorithm = wanted.value;
    const administrative = { algorithm: administered(wanted, file.algorithm) };
    pools.push({ name, algorithm, administrative, queued, queueMax, active, usable, backends: layers });
  }
  const poolOf = new Map(overlay.file.listeners.map(({ name, pool }) => [name, pool]));
  return { listeners: sample.listeners.map((each) => listenerStatus(each, poolOf)), pools };
}

const NOT_APPLIED = { queued: 0, queueMax: 0, active: 0, usable: 0, backends: [] };

function* layersIn(
  sample: Pick<PoolSample, "name" | "backends">,
  { overlay, unresolved, checker, nowMs, clockMs }: StatusParts,
): Steps<BackendLayers[]> {
  const reasons = unresolved.filter(({ pool }) => pool === sample.name);
  const nameless = new Map(reasons.map(({ backend, reason }) => [backend, reason]));
  const lastProbe = (entry: string, address: string) => checker.lastProbe(sample.name, entry, address);
  const found: BackendLayers[] = [];
  for (const each of layersOf({ overlay, sample, unresolved: nameless, lastProbe, nowMs, clockMs }))
    yield found.push(each);
  return found;
}

function listenerStatus(sample: ListenerSample, poolOf: ReadonlyMap<string, string>): ListenerStatus {
  const { name, endpoint, leaving, active, maxSessions, sessions, bytesIn, bytesOut, endings } = sample;
  const address = formatEndpoint(endpoint);
  const pool = leaving ? null : (poolOf.get(name) ?? null);
  const maxConnections = limit(maxSessions);
  return { name, pool, address, leaving, active, maxConnections, sessions, bytesIn, bytesOut, endings };
}
