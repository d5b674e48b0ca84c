import { isIP } from "node:net";
import type { ClientEntry } from "../admission/settings.ts";
import type { Endpoint } from "../core/address.ts";
import type { BackendSettings } from "../core/backend.ts";
import { type LogLevel, logLevels } from "../core/log-settings.ts";
import { openFiles, sessionsWithin } from "../core/open-files.ts";
import type { ListenerSettings } from "../listener.ts";
import type { Snapshot } from "../plane/plane.ts";
import type { PoolSettings } from "../pool/settings.ts";
import { isBlock } from "./block.ts";
import type { BackendConfig, Config, ListenerConfig, PoolConfig } from "./config.ts";
import { loopMistakes } from "./loops.ts";
import { ConfigMistakes } from "./mistake.ts";
import { type AddressesOf, reached } from "./reach.ts";

/**
 * The configuration as the data plane takes it. Names are looked up by `addressesOf`: each address is a member of its
 * own, and a backend without one is left out; a listener's name has one, see refuseUnresolved. Throws ConfigMistakes
 * where the addresses make a loop.
 */
export function snapshotOf(config: Config, addressesOf: AddressesOf, files: number = openFiles()): Snapshot {
  refuseLoops(config, addressesOf);
  const { default: everybody, list } = config.clients;
  return {
    listeners: config.listeners.map((listener) => ({
      ...listenerSettings(listener, files),
      endpoint: reached(listener.listen, addressesOf)[0] as Endpoint,
    })),
    pools: Object.entries(config.pools).map(([name, pool]) => poolSettings(name, pool, addressesOf)),
    clients: { default: everybody, list: list.map(clientEntry) },
    recordSessions: config.log.sessions && isTold("info", config.log.level),
  };
}

/** All names that `snapshotOf` will ask for, each once. */
export function namesIn(config: Config): string[] {
  const endpoints = [
    ...config.listeners.map(({ listen }) => listen),
    ...Object.values(config.pools).flatMap(({ backends }) => backends.map(({ address }) => address)),
  ];
  const hosts = endpoints.flatMap((endpoint) => (endpoint.kind === "tcp" ? [endpoint.host] : []));
  return [...new Set(hosts.filter((host) => isIP(host) === 0))];
}

function listenerSettings(listener: ListenerConfig, files: number): Omit<ListenerSettings, "endpoint"> {
  const { timeouts, maxConnections, acceptProxy, listen: _, ...rest } = listener;
  return {
    ...rest,
    maxConnections: maxConnections === "auto" ? sessionsWithin(files) : maxConnections,
    acceptProxy: acceptProxy && { from: acceptProxy.from, timeoutMs: acceptProxy.timeout },
    idleMs: timeouts.idle,
    finMs: timeouts.fin,
    maxAgeMs: timeouts.maxAge,
  };
}

function poolSettings(name: string, pool: PoolConfig, addressesOf: AddressesOf): PoolSettings {
  const { timeouts, queue, slowStart, outlier, health: _, ...rest } = pool;
  return {
    ...rest,
    name,
    connectMs: timeouts.connect,
    queue: { max: queue.max, timeoutMs: queue.timeout },
    slowStartMs: slowStart,
    outlier: { failures: outlier.failures, ejectForMs: outlier.ejectFor, maxEjected: outlier.maxEjected },
    backends: pool.backends.flatMap((backend) => members(backend, addressesOf)),
  };
}

/** A resolver turns its answers round; sorted, they are the same members each time. */
function members({ address, ...rest }: BackendConfig, addressesOf: AddressesOf): BackendSettings[] {
  const endpoints = reached(address, (name) => [...new Set(addressesOf(name))].sort());
  return endpoints.map((endpoint) => {
    const alone = endpoints.length === 1 || endpoint.kind === "unix";
    const name = alone ? rest.name : `${rest.name}@${endpoint.host}`;
    return { ...rest, name, entry: rest.name, endpoint };
  });
}

function clientEntry({ id, addresses, ...bucket }: Config["clients"]["list"][number]): ClientEntry {
  return { id, addresses: isBlock(id) ? [id] : addresses, ...bucket };
}

function isTold(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(least) <= logLevels.indexOf(level);
}

function refuseLoops({ listeners, pools }: Config, addressesOf: AddressesOf): void {
  const destinations = Object.entries(pools).map(([name, { backends }]) => [name, backends] as const);
  const mistakes = loopMistakes({ listeners, pools: destinations }, addressesOf);
  if (mistakes.length > 0) throw new ConfigMistakes("configuration", mistakes);
}
