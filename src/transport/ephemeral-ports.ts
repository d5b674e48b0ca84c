import { readFileSync } from "node:fs";

const RANGE_FILE = "/proc/sys/net/ipv4/ip_local_port_range";
const LARGEST_PORT = 65_535;

let range: readonly [number, number] | undefined;

/** The first and the last port that an outgoing connection may have, as the kernel says (ip(7)) when it is first asked; of IPv6 as well. */
export function ephemeralRange(): readonly [number, number] {
  range ??= readRange();
  return range;
}

/** Whether the kernel may give this port to an outgoing connection. */
export function isEphemeral(port: number): boolean {
  const [from, to] = ephemeralRange();
  return port >= from && port <= to;
}

function readRange(): [number, number] {
  try {
    const [from = 1, to = LARGEST_PORT] = readFileSync(RANGE_FILE, "utf8").split("\t").map(Number);
    return [from, to];
  } catch {
    return [1, LARGEST_PORT];
  }
}
