import { isIPv4, isIPv6 } from "node:net";
import { Misspelt } from "./misspelt.ts";

/** Where something listens or is dialled: an IP or name with a port, or a unix socket's path. */
export type Endpoint =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

const EXPECTED = "expected host:port, [ipv6]:port or unix:/path";
/** A link-local address of IPv6 has the interface behind a %, its zone (RFC 4007 §11). */
const TCP = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]{1,15})?)\]|([^\s:[\]/#]+)):(\d{1,5})$/;
/** Letters of any alphabet: a resolver is asked for the ASCII form of them (RFC 5891). */
const NAME = /^[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*\.?$/u;
/** A resolver reads such a name as an IPv4 address of another notation: `127.1`, `0x7f000001` (WHATWG URL §3.5). */
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i;
const PORT_ALONE = /^:?(\d{1,5})$/;
const LARGEST_PORT = 65_535;
// sun_path holds 108 bytes and a closing zero.
const LONGEST_PATH = 107;

/**
 * Reads `host:port`, `[ipv6]:port` or `unix:/path`; throws a RangeError that says what was expected, a Misspelt where that
 * is no more than another host. What is to be dialled has a `leastPort` of 1.
 */
export function parseEndpoint(text: string, leastPort: 0 | 1 = 0): Endpoint {
  if (text.startsWith("unix:")) return unixEndpoint(text);
  const [, bare] = PORT_ALONE.exec(text) ?? [];
  if (bare !== undefined) throw new Misspelt(everyAddress(bare), text);
  const found = TCP.exec(text);
  const port = Number(found?.[3]);
  const [, ipv6, host = ipv6] = found ?? [];
  if (host === undefined || port < leastPort || port > LARGEST_PORT) {
    throw new RangeError(`${EXPECTED} (port ${leastPort} to ${LARGEST_PORT}), got "${text}"`);
  }
  const instead = ipv6 === undefined ? insteadOf(host, port) : insteadOfIpv6(ipv6);
  if (instead !== undefined) throw new Misspelt(instead, text);
  return { kind: "tcp", host, port };
}

/** What was expected in the place of a host; undefined where it is an IPv4 address or may be a name (RFC 1123 §2.1). */
function insteadOf(host: string, port: number): string | undefined {
  if (host === "*") return everyAddress(port);
  if (isIPv4(host)) return undefined;
  if (ENDS_IN_NUMBER.test(host)) return "four numbers from 0 to 255, or a name that does not end in one";
  if (!NAME.test(host)) return "an IP address, or a name of letters, digits, -, _ and .";
  if (!URL.canParse(`http://${host}`)) return "a name with an ASCII form; xn-- begins one in Punycode";
  return undefined;
}

function everyAddress(port: number | string): string {
  return `0.0.0.0:${port} (every IPv4 address) or "[::]:${port}" (IPv6 as well)`;
}

function insteadOfIpv6(host: string): string | undefined {
  return isIPv6(host) ? undefined : "an IPv6 address between the brackets";
}

function unixEndpoint(text: string): Endpoint {
  const path = text.slice("unix:".length);
  if (!path.startsWith("/") || Buffer.byteLength(path) > LONGEST_PATH) {
    throw new RangeError(`expected unix:/path of at most ${LONGEST_PATH} bytes, got "${text}"`);
  }
  return { kind: "unix", path };
}

/** The text `parseEndpoint` reads back. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === "unix" ? `unix:${endpoint.path}` : hostPort(endpoint.host, endpoint.port);
}

/** `host:port`, with an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** One spelling per client: an IPv4 address that came in through an IPv6 socket is the IPv4 address (RFC 4291 §2.5.5.2). */
export function canonicalAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}

/** One side of a TCP connection. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Both sides of a client's connection, as a PROXY header tells them. */
export interface Addresses {
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
}
