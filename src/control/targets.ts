import type { PoolSettings } from "../contract/pool.ts";
import type { Target } from "../health/watch.ts";
import type { Overlay } from "./overlay.ts";

/** What is to be probed of a pool: each member but those in maintenance. */
export function* targetsOf(settings: PoolSettings, overlay: Overlay): Iterable<Target> {
  const { name: pool, localAddress, sendProxy, backends } = settings;
  const health = overlay.file.pools[pool]?.health;
  if (health === undefined) return;
  const written = new Map(overlay.entriesOf(pool)?.map((each) => [each.name, each.address]));
  for (const { name, entry = name, endpoint, state } of backends)
    if (state !== "maint")
      yield { pool, entry, endpoint, written: written.get(entry), localAddress, sendProxy, health };
}
