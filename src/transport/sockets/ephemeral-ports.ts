import { readFileSync } from "node:fs";

const RANGE_FILE = "/proc/sys/net/ipv4/ip_local_port_range";

let range: readonly [number, number] | undefined;

/** Whether the kernel may give this port to an outgoing connection, as ip(7) says; yes where it does not tell. */
export function isEphemeral(port: number): boolean {
  range ??= readRange();
  return port >= range[0] && port <= range[1];
}

/** Of IPv6 as well. Whoever changes it while we run is not heard. */
function readRange(): [number, number] {
  try {
    const [from, to] = readFileSync(RANGE_FILE, "utf8").split("\t").map(Number);
    return [from ?? 0, to ?? Infinity];
  } catch {
    return [0, Infinity];
  }
}
