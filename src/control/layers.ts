import type { BackendConfig } from "../config/config.ts";
import type { AdministrativeState, OperationalSource, OperationalState } from "../contract/backend.ts";
import type { BackendSample, PoolSample } from "../contract/sample.ts";
import { formatEndpoint, parseEndpoint } from "../core/address.ts";
import { fairShares } from "../core/fair-shares.ts";
import type { PastProbe } from "../health/watch.ts";
import type { BackendValues, Overlay } from "./overlay.ts";
import type { Source, Sourced, SourcedValues } from "./words.ts";

/** A limit; none is `off`, as in the file: JSON has no Infinity. */
export type Limit = number | "off";

/** A value that an operator may set. */
export interface Administered<T> {
  /** What holds. */
  readonly value: T;
  readonly source: Source;
  /** Since when it holds. */
  readonly since: string;
  /** What the file says; null where the thing is not of the file. */
  readonly file: T | null;
}

/** One backend, or one address of an entry that has several, with its three layers of state. */
export interface BackendLayers {
  /** As it is named in the log: the entry's, or `entry@address`. */
  readonly name: string;
  readonly entry: string;
  /** What sessions dial; null while the name has no address. */
  readonly address: string | null;
  /** Where its entry comes from. */
  readonly source: Source;
  /** Its entry as it was written, in the file or by the API. */
  readonly configured: {
    readonly name: string;
    readonly address: string;
    readonly weight: number;
    readonly maxConnections: Limit;
    readonly backup: boolean;
    readonly state: AdministrativeState;
  };
  /** What is wanted of it. */
  readonly administrative: {
    readonly state: Administered<AdministrativeState>;
    readonly weight: Administered<number>;
    readonly maxConnections: Administered<Limit>;
  };
  /** What health makes of it: who says so, since when, and why. Null while its name has no address. */
  readonly operational: {
    readonly value: OperationalState;
    readonly source: OperationalSource;
    readonly since: string;
    readonly reason: string;
  } | null;
  /** Why its name has no address; null where it has. */
  readonly unresolved: string | null;
  /** Sessions now. */
  readonly active: number;
  /** Dials that came through, and that failed for its own reasons, since it was added. */
  readonly connected: number;
  readonly failed: number;
  /** Its part of the pool's sessions now, 0 to 1, and what that would be by weight among all that may get new ones. */
  readonly share: number;
  readonly fairShare: number;
  /** Since it last answered a session; null where it has answered none. */
  readonly answeredAgoMs: number | null;
  /** When the last of its sessions is told to leave; null where no drain with a time is under way. */
  readonly drainEnds: string | null;
  /** Its last probe, and why it failed where it did; null where there was none. */
  readonly probe: { readonly at: string; readonly ms: number; readonly failure: string | null } | null;
}

/** What of the layers depends on the member that an entry has at an address. */
type Live = Omit<BackendLayers, "name" | "entry" | "source" | "configured" | "administrative">;

/** What is known of a pool. */
export interface KnownPool {
  readonly overlay: Overlay;
  readonly sample: Pick<PoolSample, "name" | "backends">;
  /** Why names of entries have no address, in words, by the entry. */
  readonly unresolved: ReadonlyMap<string, string>;
  /** The last probe of a member by its entry and address. */
  readonly lastProbe: (entry: string, address: string) => PastProbe | undefined;
  /** Unix time and the Clock's when the sample was taken. */
  readonly nowMs: number;
  readonly clockMs: number;
}

/** The layers of a pool's backends, in the order of its entries, those of one entry in that of its addresses. */
export function* layersOf(known: KnownPool): Iterable<BackendLayers> {
  const { overlay, sample, unresolved } = known;
  const members = byEntry(sample.backends);
  const lifeOf = livesOf(known);
  for (const entry of overlay.entriesOf(sample.name) ?? []) {
    const own = members.get(entry.name);
    for (const member of own ?? []) {
      const wanted = wantedOf(overlay, sample.name, entry, hostOf(member));
      yield { name: member.name, entry: entry.name, ...wanted, ...lifeOf(member) };
    }
    if (own !== undefined) continue;
    const reason = unresolved.get(entry.name) ?? "not applied yet";
    const wanted = wantedOf(overlay, sample.name, entry, undefined);
    yield { name: entry.name, entry: entry.name, ...wanted, ...NOWHERE, unresolved: reason };
  }
}

const NOWHERE = {
  address: null,
  operational: null,
  active: 0,
  connected: 0,
  failed: 0,
  share: 0,
  fairShare: 0,
  answeredAgoMs: null,
  drainEnds: null,
  probe: null,
} as const;

function wantedOf(overlay: Overlay, pool: string, entry: BackendConfig, host: string | undefined) {
  const source = overlay.sourceOf(pool, entry.name) ?? "file";
  const values = overlay.backend(pool, entry.name, host) as SourcedValues<BackendValues>;
  const { name, address, weight, backup, state } = entry;
  const maxConnections = limit(entry.maxConnections);
  const limited = { ...values.maxConnections, value: limit(values.maxConnections.value) };
  const isOfFile = source === "file";
  return {
    source,
    configured: { name, address: formatEndpoint(address), weight, maxConnections, backup, state },
    administrative: {
      state: administered(values.state, isOfFile ? state : null),
      weight: administered(values.weight, isOfFile ? weight : null),
      maxConnections: administered<Limit>(limited, isOfFile ? maxConnections : null),
    },
  };
}

/** A value as it is told; `file`: what the file says, null where it has no such thing. */
export function administered<T>({ value, source, sinceMs }: Sourced<T>, file: T | null): Administered<T> {
  return { value, source, since: timeOf(sinceMs), file };
}

function livesOf(known: KnownPool): (member: BackendSample) => Live {
  const { sample, nowMs } = known;
  const { backends } = sample;
  const active = backends.reduce((sum, each) => sum + each.active, 0);
  const usable = backends.filter(isUsable);
  const fair = fairShares(usable);
  const fairShareOf = new Map(usable.map((each, index) => [each, fair[index] as number]));
  return (each) => ({
    address: each.address,
    operational: {
      value: each.operational,
      source: each.found.source,
      since: timeOf(nowMs - each.found.agoMs),
      reason: each.found.reason,
    },
    unresolved: null,
    active: each.active,
    connected: each.connected,
    failed: each.failed,
    share: active === 0 ? 0 : each.active / active,
    fairShare: fairShareOf.get(each) ?? 0,
    answeredAgoMs: each.answeredAgoMs === Infinity ? null : each.answeredAgoMs,
    drainEnds: each.drainedInMs === null ? null : timeOf(nowMs + each.drainedInMs),
    probe: probeOf(each, known),
  });
}

function probeOf({ entry, address }: BackendSample, { lastProbe, nowMs, clockMs }: KnownPool): Live["probe"] {
  const last = lastProbe(entry, address);
  if (last === undefined) return null;
  const { atMs, tookMs, failure } = last;
  return { at: timeOf(nowMs - (clockMs - atMs)), ms: Math.round(tookMs * 100) / 100, failure };
}

function isUsable({ state, operational, weight }: BackendSample): boolean {
  return state === "ready" && operational === "up" && weight > 0;
}

function byEntry(backends: readonly BackendSample[]): ReadonlyMap<string, readonly BackendSample[]> {
  const entries = new Map<string, BackendSample[]>();
  for (const each of backends) {
    const members = entries.get(each.entry);
    if (members === undefined) entries.set(each.entry, [each]);
    else members.push(each);
  }
  return entries;
}

function hostOf({ address }: BackendSample): string | undefined {
  const endpoint = parseEndpoint(address);
  return endpoint.kind === "tcp" ? endpoint.host : undefined;
}

/** As it is told. */
export function limit(value: number): Limit {
  return value === Infinity ? "off" : value;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
