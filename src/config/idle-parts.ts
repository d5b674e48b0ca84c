import type { Config, PoolConfig } from "./config.ts";

/** What is configured and does nothing, or lets nothing be done, as the rest of the file is; a line each. */
export function idleParts(config: Config): string[] {
  return [...idlePools(config), ...idlePorts(config), ...idleBuckets(config)];
}

/** Copies of servers may fill a pool that has no backends of its own. */
function idlePools({ listeners, pools, servers }: Config): string[] {
  const used = new Set(listeners.map(({ pool }) => pool));
  const filled = new Set(Object.values(servers).map(({ pool }) => pool));
  return Object.entries(pools).flatMap(([name, pool]) => {
    const lack = used.has(name) ? lackOf(pool, filled.has(name)) : "is used by no listener";
    return lack === undefined ? [] : [`the pool ${name} ${lack}`];
  });
}

function lackOf({ backends }: PoolConfig, filled: boolean): string | undefined {
  if (filled) return undefined;
  if (backends.length === 0) return "has no backends: it refuses every client";
  if (backends.some(({ weight, state }) => weight > 0 && state === "ready")) return undefined;
  return "has no backend that is ready and has a weight above 0: it refuses every client";
}

function idlePorts({ pools }: Config): string[] {
  const idle = Object.entries(pools).filter(
    ([, { health, backends }]) =>
      health.port !== undefined && backends.some(({ address }) => address.kind === "unix"),
  );
  return idle.map(
    ([name]) =>
      `the pool ${name} has a health.port, which a unix socket has not: such a backend is probed where it listens`,
  );
}

/** The admin API may add clients to a file that has none. */
function idleBuckets({ listeners, clients, admin }: Config): string[] {
  const limited = listeners.filter(({ rateLimit }) => rateLimit);
  const buckets = clients.default !== undefined || clients.list.length > 0;
  if (buckets && limited.length === 0)
    return ["clients has token buckets, and no listener has rateLimit: true: they limit no client"];
  if (buckets || admin !== undefined) return [];
  return limited.map(
    ({ name }) =>
      `the listener ${name} has rateLimit: true, and clients has neither a default nor a list: it limits no client`,
  );
}
