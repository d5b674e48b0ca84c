/** Where something listens or is dialled: an IP or name with a port, or a unix socket's path. */
export type Endpoint =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

const EXPECTED = "expected host:port, [ipv6]:port or unix:/path";
const TCP = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/#]+)):(\d{1,5})$/;
const LARGEST_PORT = 65_535;
// sun_path holds 108 bytes and a closing zero.
const LONGEST_PATH = 107;

/** Reads `host:port`, `[ipv6]:port` or `unix:/path`; throws a RangeError that says what was expected. */
export function parseEndpoint(text: string): Endpoint {
  if (text.startsWith("unix:")) return unixEndpoint(text);
  const found = TCP.exec(text);
  const port = Number(found?.[3]);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined || port > LARGEST_PORT) {
    throw new RangeError(`${EXPECTED} (port 0 to ${LARGEST_PORT}), got "${text}"`);
  }
  return { kind: "tcp", host, port };
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
