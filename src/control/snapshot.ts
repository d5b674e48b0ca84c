import { isIP } from "node:net";
import type { Config, ListenerConfig } from "../config/config.ts";
import { loopMistakes } from "../config/loops.ts";
import { ConfigMistakes } from "../config/mistake.ts";
import { probesAtOnce } from "../config/probes-at-once.ts";
import { type AddressesOf, reached } from "../config/reach.ts";
import type { BackendSettings } from "../contract/backend.ts";
import type { ListenerSettings } from "../contract/listener.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import type { Endpoint } from "../core/address.ts";
import { openFiles, sessionsWithin } from "../core/open-files.ts";
import type { Overlay } from "./overlay.ts";

/**
 * What is wanted, as the data plane takes it. Names are looked up by `addressesOf`: each address is a member of its own, and
 * a backend without one is left out; a listener's name has one, see refuseUnresolved. Throws ConfigMistakes where the
 * addresses make a loop.
 */
export function snapshotOf(
  overlay: Overlay,
  addressesOf: AddressesOf,
  files: number = openFiles(),
): Snapshot {
  const { listeners, pools, clients } = overlay.file;
  refuseLoops(overlay, addressesOf);
  const sessions = sessionsWithin(files, probesAtOnce(overlay.file));
  return {
    listeners: listeners.map((listener) => ({
      ...listenerSettings(listener, sessions),
      endpoint: reached(listener.listen, addressesOf)[0] as Endpoint,
    })),
    pools: Object.keys(pools).map((name) => poolSettings(name, overlay, addressesOf)),
    clients: { default: clients.default, list: overlay.clients() },
  };
}

/** All names that `snapshotOf` will ask for, each once: those of listeners apart, which cannot be left out. */
export function namesIn(overlay: Overlay): { readonly listeners: string[]; readonly backends: string[] } {
  const { listeners, pools } = overlay.file;
  const entries = Object.keys(pools).flatMap((pool) => overlay.entriesOf(pool) ?? []);
  return {
    listeners: namesOf(listeners.map(({ listen }) => listen)),
    backends: namesOf(entries.map(({ address }) => address)),
  };
}

/** One pool that there is, as the data plane takes it. */
export function poolSettings(name: string, overlay: Overlay, addressesOf: AddressesOf): PoolSettings {
  const pool = overlay.file.pools[name] as Config["pools"][string];
  const { timeouts, queue, slowStart, outlier, health: _, ...rest } = pool;
  return {
    ...rest,
    name,
    connectTimeoutMs: timeouts.connect,
    queue: { max: queue.max, timeoutMs: queue.timeout },
    slowStartMs: slowStart,
    outlier: {
      failures: outlier.failures,
      ejectForMs: outlier.ejectFor,
      maxEjected: outlier.maxEjected,
      earlyMs: outlier.early,
    },
    backends: [...membersOf(name, overlay, addressesOf)],
  };
}

function listenerSettings(listener: ListenerConfig, sessions: number): Omit<ListenerSettings, "endpoint"> {
  const { timeouts, maxConnections, acceptProxy, listen: _, ...rest } = listener;
  return {
    ...rest,
    maxConnections: maxConnections === "auto" ? sessions : maxConnections,
    acceptProxy: acceptProxy && { from: acceptProxy.from, timeoutMs: acceptProxy.timeout },
    idleMs: timeouts.idle,
    finMs: timeouts.fin,
    maxAgeMs: timeouts.maxAge,
  };
}

function* membersOf(pool: string, overlay: Overlay, addressesOf: AddressesOf): Iterable<BackendSettings> {
  // A resolver turns its answers round; sorted, they are the same members each time.
  const sorted = (name: string) => [...new Set(addressesOf(name))].sort();
  for (const { name: entry, address, backup } of overlay.entriesOf(pool) ?? []) {
    const endpoints = reached(address, sorted);
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

function namesOf(endpoints: readonly Endpoint[]): string[] {
  const hosts = endpoints.flatMap((endpoint) => (endpoint.kind === "tcp" ? [endpoint.host] : []));
  return [...new Set(hosts.filter((host) => isIP(host) === 0))];
}

function refuseLoops(overlay: Overlay, addressesOf: AddressesOf): void {
  const { listeners, pools } = overlay.file;
  const destinations = Object.keys(pools).map((name) => [name, overlay.entriesOf(name) ?? []] as const);
  const mistakes = loopMistakes({ listeners, pools: destinations }, addressesOf);
  if (mistakes.length > 0) throw new ConfigMistakes("configuration", mistakes);
}
