import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import { type LogLevel, logLevels } from "../core/log-settings.ts";
import type { Snapshot } from "../plane/plane.ts";
import type { Config } from "./config.ts";

const LOOKUP_MS = 5_000;

/** The configuration as the data plane takes it: names looked up, and no listener that a backend leads back to. */
export async function snapshotOf(config: Config): Promise<Snapshot> {
  const listeners = await Promise.all(
    config.listeners.map(async ({ listen, ...rest }) => ({ ...rest, endpoint: await resolved(listen) })),
  );
  const pools = await Promise.all(
    config.pools.map(async (pool) => ({
      ...pool,
      backends: await Promise.all(
        pool.backends.map(async ({ address, ...rest }) => ({ ...rest, endpoint: await resolved(address) })),
      ),
    })),
  );
  const snapshot = { listeners, pools, recordSessions: readsSessions(config.log.level) };
  refuseLoops(snapshot);
  return snapshot;
}

/** Session records are level info. */
function readsSessions(level: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf("info");
}

/** A literal address; rejects with the resolver's error, or a RangeError after 5 s. */
async function resolved(endpoint: Endpoint): Promise<Endpoint> {
  if (endpoint.kind === "unix" || isIP(endpoint.host) !== 0) return endpoint;
  const slow = delay(LOOKUP_MS, undefined, { ref: false }).then(() => {
    throw new RangeError(`expected an answer for the name "${endpoint.host}" within 5s, got none`);
  });
  const { address } = await Promise.race([
    lookup(endpoint.host, { family: 4 }).catch(() => lookup(endpoint.host)),
    slow,
  ]);
  return { ...endpoint, host: address };
}

/** Throws a RangeError where a backend is its own pool's listener: each session would open the next, without end. */
function refuseLoops({ listeners, pools }: Snapshot): void {
  for (const listener of listeners) {
    const backends = pools.find(({ name }) => name === listener.pool)?.backends ?? [];
    const loop = backends.find(({ endpoint }) => leadsTo(endpoint, listener.endpoint));
    if (loop === undefined) continue;
    const [backend, own] = [formatEndpoint(loop.endpoint), formatEndpoint(listener.endpoint)];
    throw new RangeError(
      `expected backends other than the listener itself, got ${backend}, which leads back to ${own}`,
    );
  }
}

/** What connecting to a wildcard address reaches. */
const WILDCARDS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

function leadsTo(backend: Endpoint, listener: Endpoint): boolean {
  if (backend.kind === "unix" || listener.kind === "unix")
    return formatEndpoint(backend) === formatEndpoint(listener);
  if (backend.port !== listener.port) return false;
  const reached = WILDCARDS[backend.host] ?? backend.host;
  return reached === listener.host || (listener.host in WILDCARDS && isLocal(reached));
}

function isLocal(host: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return host.startsWith("127.") || own.some(({ address }) => address === host);
}
