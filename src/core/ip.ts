import { isIPv4, isIPv6 } from "node:net";

/** An IP address by its bits, 32 or 128 of them, so that no spelling makes two of one. */
export interface Ip {
  readonly version: 4 | 6;
  readonly bits: bigint;
}

/** The number of bits of each version. */
export const IP_BITS = { 4: 32, 6: 128 } as const;

const EMBEDDED_IPV4 = /\d+\.\d+\.\d+\.\d+$/;
const GROUP = /.{4}/g;
/** Two groups of zeros or more, with the colons around them. */
const ZEROS = /(?:^|:)0(?::0)+(?:$|:)/g;
/** The first 96 bits of `::ffff:0:0/96`. */
const MAPPED_PREFIX = 0xffffn;
/** The network part of an address given to one household or host (RFC 6177). */
const SITE_BITS = 64;

/**
 * Reads an IPv4 or IPv6 address; an IPv4-mapped one (`::ffff:a.b.c.d`, in any spelling) is the IPv4 address (RFC 4291
 * §2.5.5.2). Undefined for anything else, also for an address with a zone.
 */
export function parseIp(text: string): Ip | undefined {
  const literal = parseLiteral(text);
  return literal && unmapped(literal);
}

/** Reads an address as it is spelled, an IPv4-mapped one as the IPv6 address. */
export function parseLiteral(text: string): Ip | undefined {
  if (isIPv4(text)) return { version: 4, bits: BigInt(ipv4Number(text)) };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const sides = text.replace(EMBEDDED_IPV4, twoGroups).split("::");
  const [head = [], tail = []] = sides.map((side) => (side === "" ? [] : side.split(":")));
  const zeros = Array<string>(8 - head.length - tail.length).fill("0");
  const hex = [...head, ...zeros, ...tail].map((group) => group.padStart(4, "0"));
  return { version: 6, bits: BigInt(`0x${hex.join("")}`) };
}

/** The IPv4 address where the bits say it is one (`::ffff:0:0/96`), otherwise the same. */
export function unmapped(ip: Ip): Ip {
  if (ip.version === 4 || ip.bits >> 32n !== MAPPED_PREFIX) return ip;
  return { version: 4, bits: BigInt.asUintN(32, ip.bits) };
}

/** The 128 bits under which IPv6 knows an address of either version. */
export function mapped(ip: Ip): bigint {
  return ip.version === 6 ? ip.bits : (MAPPED_PREFIX << 32n) | ip.bits;
}

/** An address that a socket gave, which may have a zone (`fe80::1%eth0`); undefined for what is none, such as "unix". */
export function ipOf(address: string): Ip | undefined {
  // Each gate of a listener asks for the same client, one after the other.
  if (address !== latest.address) latest = { address, ip: parseIp(withoutZone(address)) };
  return latest.ip;
}

let latest: { readonly address: string; readonly ip: Ip | undefined } = { address: "", ip: undefined };

function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone === -1 ? address : address.slice(0, zone);
}

/** The canonical text: dotted decimal, or RFC 5952. */
export function formatIp({ version, bits }: Ip): string {
  return version === 4 ? ipv4Text(Number(bits)) : ipv6Text(bits);
}

function ipv4Text(bits: number): string {
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

function ipv6Text(bits: bigint): string {
  const groups = bits.toString(16).padStart(32, "0").match(GROUP) ?? [];
  const text = groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":");
  const runs = text.match(ZEROS) ?? [];
  const longest = runs.reduce((best, run) => (zerosIn(run) > zerosIn(best) ? run : best), "");
  return longest === "" ? text : text.replace(longest, "::");
}

/** The client that a limit counts an address for: an IPv4 address is one client, and so is an IPv6 /64; "unix" stays "unix". */
export function limitKey(address: string): string {
  if (!address.includes(":")) return address;
  const ip = ipOf(address);
  if (ip === undefined) return address;
  if (ip.version === 4) return formatIp(ip);
  const host = BigInt(IP_BITS[6] - SITE_BITS);
  return `${formatIp({ version: 6, bits: (ip.bits >> host) << host })}/${SITE_BITS}`;
}

function ipv4Number(text: string): number {
  return text.split(".").reduce((bits, byte) => bits * 256 + Number(byte), 0);
}

function twoGroups(ipv4: string): string {
  const bits = ipv4Number(ipv4);
  return `${(bits >>> 16).toString(16)}:${(bits & 0xffff).toString(16)}`;
}

function zerosIn(run: string): number {
  return run.split("0").length - 1;
}
