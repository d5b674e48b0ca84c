import { readFileSync } from "node:fs";

const RANGE_FILE = "/proc/sys/net/ipv4/ip_local_port_range";

let range: readonly [number, number] | undefined;

/** Whether the kernel may give this port to an outgoing connection (ip(7)); true where the range cannot be read. */
export function isEphemeral(port: number): boolean {
  range ??= readRange();
  return port >= range[0] && port <= range[1];
}

/** The kernel's range, of IPv4 and IPv6, as it is when it is first needed. */
function readRange(): [number, number] {
  try {
    const [from, to] = readFileSync(RANGE_FILE, "utf8").split("\t").map(Number);
    return [from ?? 0, to ?? Infinity];
  } catch {
    return [0, Infinity];
  }
}
