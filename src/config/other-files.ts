import { isIP } from "node:net";
import type { Endpoint } from "../core/address.ts";
import { MOST_PROBES } from "../health/places.ts";
import type { Config } from "./config.ts";

/** Files of the admin API's own connections. */
const ADMIN = 64;
/** Files of a copy of a server: its output, its leash, and the probe that asks it. */
const PER_COPY = 4;
/** How many copies there may be of all templates. */
export const MOST_COPIES = 1_000;

/** Files of a listener, its socket and clients that it has just refused; those of the first are of the reserve. */
const PER_LISTENER = 4;

/** Files that may be open at once for something else than sessions: for listeners, probes, the admin API and copies of servers. */
export function otherFiles(config: Config): number {
  const { admin, listeners, servers } = config;
  const ports = Object.values(servers).reduce((sum, { ports: [min, max] }) => sum + max - min + 1, 0);
  const ofListeners = PER_LISTENER * Math.max(0, listeners.length - 1);
  return ofListeners + probesAtOnce(config) + (admin ? ADMIN : 0) + PER_COPY * Math.min(MOST_COPIES, ports);
}

/** Probes that may be under way at once, each of which is an open file; a name may stand for any number of addresses. */
function probesAtOnce({ pools }: Config): number {
  const probed = Object.values(pools).filter(({ health }) => health.probe.kind !== "off");
  const backends = probed.flatMap(({ backends }) => backends);
  const most = backends.reduce((sum, { address }) => sum + (isName(address) ? MOST_PROBES : 1), 0);
  return Math.min(MOST_PROBES, most);
}

function isName(address: Endpoint): boolean {
  return address.kind === "tcp" && isIP(address.host) === 0;
}
