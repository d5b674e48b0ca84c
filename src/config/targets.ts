import type { Target } from "../health/checker.ts";
import type { PoolSample, Snapshot } from "../plane/plane.ts";
import type { Config } from "./config.ts";

/** A configuration and what the plane was given for it. */
export interface AppliedConfig {
  readonly config: Config;
  readonly snapshot: Snapshot;
}

/** What is to be probed: each member of the pools, but for those in maintenance now, by the file or by an order. */
export function targetsOf({ config, snapshot }: AppliedConfig, now: readonly PoolSample[]): Target[] {
  const left = inMaintenance(now);
  return snapshot.pools.flatMap(({ name: pool, localAddress, sendProxy, backends }) => {
    const { health, backends: entries = [] } = config.pools[pool] ?? {};
    if (health === undefined) return [];
    const written = new Map(entries.map((each) => [each.name, each.address]));
    const probed = backends.filter(({ name }) => !left.has(`${pool} ${name}`));
    return probed.map(({ name, entry = name, endpoint }) => ({
      pool,
      entry,
      endpoint,
      written: written.get(entry),
      localAddress,
      sendProxy,
      health,
    }));
  });
}

function inMaintenance(pools: readonly PoolSample[]): ReadonlySet<string> {
  const backends = pools.flatMap(({ name: pool, backends }) => backends.map((each) => ({ ...each, pool })));
  const resting = backends.filter(({ state }) => state === "maint");
  return new Set(resting.map(({ pool, name }) => `${pool} ${name}`));
}
