import { isIP } from "node:net";
import type { Config, ListenerConfig } from "../config/config.ts";
import { loopMistakes } from "../config/loops.ts";
import { ConfigMistakes } from "../config/mistake.ts";
import { type AddressesOf, reached } from "../config/reach.ts";
import type { BackendSettings } from "../contract/backend.ts";
import type { ListenerSettings } from "../contract/listener.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import type { Endpoint } from "../core/address.ts";
import { openFiles, sessionsWithin } from "../core/open-files.ts";
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
  const { listeners, pools, clients } = overlay.file;
  refuseLoops(overlay, addressesOf);
  return {
    listeners: listeners.map((listener) => ({
      ...listenerSettings(listener, files),
      endpoint: reached(listener.listen, addressesOf)[0] as Endpoint,
    })),
    pools: Object.keys(pools).map((name) => poolSettings(name, overlay, addressesOf)),
    clients: { default: clients.default, list: overlay.clients() },
  };
}

/** Names to look up, each once: those of listeners apart, which cannot be left out. */
export interface NamesWanted {
  readonly listeners: readonly string[];
  readonly backends: readonly string[];
}

/** All names that `snapshotOf` will ask for. */
export function namesIn(overlay: Overlay): NamesWanted {
  const { listeners, pools } = overlay.file;
  const entries = Object.keys(pools).flatMap((pool) => overlay.entriesOf(pool) ?? []);
  return {
    listeners: namesOf(listeners.map(({ listen }) => listen)),
    backends: namesOf(entries.map(({ address }) => address)),
  };
}

/** One pool that there is, as the data plane takes it. */
export function poolSettings(name: string, overlay: Overlay, addressesOf: HostsOf): PoolSettings {
  const pool = overlay.file.pools[name] as Config["pools"][string];
  const { timeouts, queue, keepAlive, slowStart, outlier, health: _, ...rest } = pool;
  return {
    ...rest,
    name,
    keepAliveMs: keepAlive,
    connectTimeoutMs: timeouts.connect,
    queue: { max: queue.max, timeoutMs: queue.timeout },
    slowStartMs: slowStart,
    outlier: { failures: outlier.failures, ejectForMs: outlier.ejectFor, maxEjected: outlier.maxEjected },
    backends: [...membersOf(name, overlay, addressesOf)],
  };
}

function listenerSettings(listener: ListenerConfig, files: number): Omit<ListenerSettings, "endpoint"> {
  const { timeouts, maxConnections, acceptProxy, keepAlive, listen: _, ...rest } = listener;
  return {
    ...rest,
    maxConnections: maxConnections === "auto" ? sessionsWithin(files) : maxConnections,
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

/** Throws ConfigMistakes where a pool leads back to itself. */
export function refuseLoops(overlay: Overlay, addressesOf: AddressesOf): void {
  const { listeners, pools } = overlay.file;
  const destinations = Object.keys(pools).map((name) => [name, overlay.entriesOf(name) ?? []] as const);
  const mistakes = loopMistakes({ listeners, pools: destinations }, addressesOf);
  if (mistakes.length > 0) throw new ConfigMistakes("configuration", mistakes);
}
