import { isIP } from "node:net";

const MAPPED = /^::ffff:/;

/** Whether the text is an IP address or a CIDR block. An IPv4 block in IPv6's clothes is not: it would match nobody. */
export function isBlock(text: string): boolean {
  const [address, bits, ...rest] = text.split("/") as [string, ...string[]];
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes("%")) return false;
  if (family === 6 && MAPPED.test(plainAddress(address))) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** One spelling of an IP address: IPv6 in lower case and short (RFC 5952). */
export function plainAddress(address: string): string {
  return isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

/** One spelling of an address or block: a block of full length is an address. */
export function plainBlock(text: string): string {
  const [address, bits] = text.split("/") as [string, string?];
  const full = isIP(address) === 4 ? "32" : "128";
  return bits === undefined || bits === full
    ? plainAddress(address)
    : `${plainAddress(address)}/${Number(bits)}`;
}
