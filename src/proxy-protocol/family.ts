import type { Addresses } from "../core/address.ts";
import { formatIp, type Ip, ipOf, mapped } from "../core/ip.ts";

/** The addresses of a header in the one family it is written in. */
export interface Pair {
  readonly version: 4 | 6;
  readonly source: bigint;
  readonly destination: bigint;
}

/** IPv4 where both are, otherwise IPv6; undefined where one is no IP address. */
export function pairOf({ source, destination }: Addresses): Pair | undefined {
  const [from, to] = [ipOf(source.host), ipOf(destination.host)];
  if (from === undefined || to === undefined) return undefined;
  if (from.version === 4 && to.version === 4) return { version: 4, source: from.bits, destination: to.bits };
  return { version: 6, source: mapped(from), destination: mapped(to) };
}

/** Both ends of the announced connection, each address in its canonical text. */
export function addressesOf(from: Ip, to: Ip, fromPort: number, toPort: number): Addresses {
  return {
    source: { host: formatIp(from), port: fromPort },
    destination: { host: formatIp(to), port: toPort },
  };
}
