import { isIP } from "node:net";
import type { Endpoint } from "../core/address.ts";
import { MOST_PROBES } from "../health/places.ts";
import type { Config } from "./config.ts";

/** Probes that may be under way at once, each of which is an open file; a name may stand for any number of addresses. */
export function probesAtOnce({ pools }: Config): number {
  const probed = Object.values(pools).filter(({ health }) => health.probe.kind !== "off");
  const backends = probed.flatMap(({ backends }) => backends);
  const most = backends.reduce((sum, { address }) => sum + (isName(address) ? MOST_PROBES : 1), 0);
  return Math.min(MOST_PROBES, most);
}

function isName(address: Endpoint): boolean {
  return address.kind === "tcp" && isIP(address.host) === 0;
}
