import { isIP } from "node:net";
import type { Endpoint } from "../core/address.ts";
import { isLocalhost, LOOPBACK } from "../core/hosts-file.ts";
import { formatIp, parseIp } from "../core/ip.ts";
import { ownAddresses } from "./own-addresses.ts";

const WILDCARDS = ["0.0.0.0", "::"];

/** The addresses a name stands for; none where no answer is known. */
export type AddressesOf = (name: string) => readonly string[];

/** What every machine knows without asking. */
const wellKnown: AddressesOf = (name) => (isLocalhost(name) ? LOOPBACK : []);

/** The endpoint by literal addresses, each spelled in one way: one for each address of a name. */
export function reached(endpoint: Endpoint, addressesOf: AddressesOf = wellKnown): Endpoint[] {
  if (endpoint.kind === "unix") return [endpoint];
  const hosts = isIP(endpoint.host) === 0 ? addressesOf(endpoint.host) : [endpoint.host];
  return hosts.map((host) => ({ ...endpoint, host: oneSpelling(host) }));
}

/** Whether a connection to the first endpoint arrives at a listener on the second; both by literal addresses. */
export function leadsTo(backend: Endpoint, listener: Endpoint): boolean {
  if (backend.kind === "unix" || listener.kind === "unix") return samePath(backend, listener);
  if (backend.port !== listener.port) return false;
  const host = dialled(backend.host);
  return host === listener.host || (covers(listener.host, host) && isOwn(host));
}

/** Whether both cannot be listened on at once. Port 0 is another port each time. */
export function overlap(one: Endpoint, other: Endpoint): boolean {
  if (one.kind === "unix" || other.kind === "unix") return samePath(one, other);
  if (one.port !== other.port || one.port === 0) return false;
  const [a, b] = [oneSpelling(one.host), oneSpelling(other.host)];
  return a === b || covers(a, b) || covers(b, a);
}

function samePath(one: Endpoint, other: Endpoint): boolean {
  return one.kind === "unix" && other.kind === "unix" && one.path === other.path;
}

/** Connecting to a wildcard address reaches this machine's loopback. */
function dialled(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

/** Whether a wildcard takes in the other address; the one of IPv6 listens for both families. */
function covers(wildcard: string, host: string): boolean {
  return WILDCARDS.includes(wildcard) && (wildcard === "::" || isIP(host) === 4);
}

/** Whether an address, without its zone, is one of this machine; all of the loopback are, and a wildcard. */
export function isOwn(address: string, own: readonly string[] = ownAddresses()): boolean {
  const host = dialled(oneSpelling(address.replace(/%.*$/, "")));
  return host.startsWith("127.") || host === "::1" || own.includes(host);
}

/** An IP address as members have it; any other text as it is. */
export function oneSpelling(host: string): string {
  const ip = parseIp(host);
  return ip === undefined ? host : formatIp(ip);
}

/** Whether only this machine reaches what listens there. */
export function isLocal(endpoint: Endpoint): boolean {
  if (endpoint.kind === "unix" || isLocalhost(endpoint.host)) return true;
  const host = oneSpelling(endpoint.host);
  return host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
