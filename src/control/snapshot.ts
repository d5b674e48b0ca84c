import { isIP } from "node:net";
import type { Config, ListenerConfig } from "../config/config.ts";
import { loopMistakes } from "../config/loops.ts";
import { ConfigMistakes } from "../config/mistake.ts";
import { otherFiles } from "../config/other-files.ts";
import { reached } from "../config/reach.ts";
import type { AlgorithmName } from "../contract/algorithm.ts";
import type { BackendSettings } from "../contract/backend.ts";
import type { ClientEntry } from "../contract/clients.ts";
import type { ListenerSettings } from "../contract/listener.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import type { Endpoint } from "../core/address.ts";
import { openFiles, sessionsWithin } from "../core/open-files.ts";
import { atOnce, type Steps } from "../core/slices.ts";
import { inOrder, type NamedBackend } from "./families.ts";
import type { Overlay } from "./overlay.ts";

/** The addresses of a name, or those of them that are members where it is a backend's. */
export type HostsOf = (name: string, backend?: NamedBackend) => readonly string[];

/**
 * What is wanted, as the data plane takes it. Names are looked up by `addressesOf`: each address is a member of its own, and
 * a backend without one is left out; a listener's name has one, see refuseUnresolved. Throws ConfigMistakes where the
 * addresses make a loop.
 */
export function snapshotOf(overlay: Overlay, addressesOf: HostsOf, files: number = openFiles()): Snapshot {
  return atOnce(snapshotSteps(overlay, addressesOf, files));
}

/** The same in steps. */
export function* snapshotSteps(
  overlay: Overlay,
  addressesOf: HostsOf,
  files: number = openFiles(),
): Steps<Snapshot> {
  yield refuseLoops(overlay, addressesOf);
  const sessions = sessionsWithin(files, otherFiles(overlay.file));
  const listeners: ListenerSettings[] = [];
  for (const listener of overlay.file.listeners) {
    const endpoint = reached(listener.listen, addressesOf)[0] as Endpoint;
    yield listeners.push({ ...listenerSettings(listener, sessions), endpoint });
  }
  const pools: PoolSettings[] = [];
  for (const name of Object.keys(overlay.file.pools))
    yield pools.push(yield* poolSteps(name, overlay, addressesOf));
  const list: ClientEntry[] = [];
  for (const client of overlay.clients()) yield list.push(client);
  const { admin, clients } = overlay.file;
  return {
    listeners,
    pools,
    clients: { default: clients.default, list },
    decisions: admin?.decisions ?? "asked",
  };
}

/** Names to look up, each once: those of listeners apart, which cannot be left out. */
export interface NamesWanted {
  readonly listeners: readonly string[];
  readonly backends: readonly string[];
}

/** All names that `snapshotOf` will ask for. */
export function namesIn(overlay: Overlay): NamesWanted {
  const { listeners, backends } = namesInFile(overlay.file);
  const added = namesOf([...overlay.added].map(({ address }) => address));
  return added.length === 0
    ? { listeners, backends }
    : { listeners, backends: [...new Set([...backends, ...added])] };
}

/** A file does not change, and its names are asked for several times with each change of what is wanted. */
const ofFiles = new WeakMap<Config, NamesWanted>();

function namesInFile(file: Config): NamesWanted {
  const known = ofFiles.get(file);
  if (known !== undefined) return known;
  const entries = Object.values(file.pools).flatMap(({ backends }) => backends);
  const names = {
    listeners: namesOf(file.listeners.map(({ listen }) => listen)),
    backends: namesOf(entries.map(({ address }) => address)),
  };
  ofFiles.set(file, names);
  return names;
}

/** One pool that there is, as the data plane takes it. */
export function* poolSteps(name: string, overlay: Overlay, addressesOf: HostsOf): Steps<PoolSettings> {
  const pool = overlay.file.pools[name] as Config["pools"][string];
  const { timeouts, queue, keepAlive, slowStart, outlier, health: _, ...rest } = pool;
  const backends: BackendSettings[] = [];
  for (const backend of membersOf(name, overlay, addressesOf)) yield backends.push(backend);
  return {
    ...rest,
    name,
    algorithm: algorithmOf(name, overlay),
    keepAliveMs: keepAlive,
    connectTimeoutMs: timeouts.connect,
    queue: { max: queue.max, timeoutMs: queue.timeout },
    slowStartMs: slowStart,
    outlier: {
      failures: outlier.failures,
      ejectForMs: outlier.ejectFor,
      maxEjected: outlier.maxEjected,
      earlyMs: outlier.early,
    },
    backends,
  };
}

function algorithmOf(pool: string, overlay: Overlay): AlgorithmName {
  const values = overlay.pool(pool);
  if (values === undefined) throw new Error(`expected the pool ${pool} in the overlay`);
  return values.algorithm.value;
}

function listenerSettings(listener: ListenerConfig, sessions: number): Omit<ListenerSettings, "endpoint"> {
  const { timeouts, maxConnections, acceptProxy, keepAlive, listen: _, ...rest } = listener;
  return {
    ...rest,
    maxConnections: maxConnections === "auto" ? sessions : maxConnections,
    acceptProxy: acceptProxy && { from: acceptProxy.from, timeoutMs: acceptProxy.timeout },
    keepAliveMs: keepAlive,
    idleMs: timeouts.idle,
    finMs: timeouts.fin,
    maxAgeMs: timeouts.maxAge,
  };
}

function* membersOf(pool: string, overlay: Overlay, hostsOf: HostsOf): Iterable<BackendSettings> {
  for (const { name: entry, address, backup } of overlay.entriesOf(pool) ?? []) {
    // A name server turns its answers round; in one order, they are the same members each time.
    const endpoints = reached(address, (name) => inOrder(hostsOf(name, { pool, entry })));
    for (const endpoint of endpoints) {
      const host = endpoint.kind === "tcp" ? endpoint.host : undefined;
      const name = endpoints.length === 1 || host === undefined ? entry : `${entry}@${host}`;
      yield { name, entry, endpoint, backup, ...valuesOf(overlay, pool, entry, host) };
    }
  }
}

function valuesOf(overlay: Overlay, pool: string, entry: string, host: string | undefined) {
  const values = overlay.backend(pool, entry, host);
  if (values === undefined) throw new Error(`expected the entry ${entry} of the pool ${pool} in the overlay`);
  const { state, weight, maxConnections } = values;
  return { state: state.value, weight: weight.value, maxConnections: maxConnections.value };
}

/** The names among the hosts of these, each once. */
export function namesOf(endpoints: readonly Endpoint[]): string[] {
  const hosts = endpoints.flatMap((endpoint) => (endpoint.kind === "tcp" ? [endpoint.host] : []));
  return [...new Set(hosts.filter((host) => isIP(host) === 0))];
}

/** Throws ConfigMistakes where a pool leads back to itself. A file's own addresses were looked at when it was read. */
export function refuseLoops(overlay: Overlay, addressesOf: HostsOf): void {
  const { listeners: ofListeners, backends: ofBackends } = namesIn(overlay);
  if (ofListeners.length + ofBackends.length === 0 && [...overlay.added].length === 0) return;
  const { listeners, pools } = overlay.file;
  const destinations = Object.keys(pools).map((name) => [name, overlay.entriesOf(name) ?? []] as const);
  const mistakes = loopMistakes({ listeners, pools: destinations }, addressesOf);
  if (mistakes.length > 0) throw new ConfigMistakes("configuration", mistakes);
}
