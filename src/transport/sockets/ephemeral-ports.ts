import { readFileSync } from "node:fs";

const RANGE_FILE = "/proc/sys/net/ipv4/ip_local_port_range";

const [first, last] = range();

/** Whether the kernel may give this port to an outgoing connection, as ip(7) says; yes where it does not tell. */
export function isEphemeral(port: number): boolean {
  return port >= first && port <= last;
}

/** Of IPv6 as well. Whoever changes it while we run is not heard. */
function range(): [number, number] {
  try {
    const [from, to] = readFileSync(RANGE_FILE, "utf8").split("\t").map(Number);
    return [from ?? 0, to ?? Infinity];
  } catch {
    return [0, Infinity];
  }
}
