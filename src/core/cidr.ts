import { formatIp, IP_BITS, type Ip, parseLiteral, unmapped } from "./ip.ts";
import { Misspelt } from "./misspelt.ts";

const EXPECTED = "expected an IP address or a CIDR block such as 10.0.0.0/8 or 2001:db8::/32";
const LENGTH = /^(?:0|[1-9]\d{0,2})$/;
/** The length of `::ffff:0:0/96`, within which a block is one of IPv4. */
const MAPPED_LENGTH = 96;

/** A block of addresses that begin with the same bits (RFC 4632). */
export class Cidr {
  private constructor(
    readonly version: 4 | 6,
    /** How many bits they share. */
    readonly length: number,
    /** Those bits. */
    readonly prefix: bigint,
  ) {}

  /**
   * Reads a block, or an address as the block of that one; throws a RangeError that says what was expected, a Misspelt where
   * only its length is wrong or bits are set behind it.
   */
  static parse(text: string): Cidr {
    const [address = "", suffix, ...rest] = text.split("/");
    const ip = parseLiteral(address);
    if (ip === undefined || rest.length > 0) throw new RangeError(`${EXPECTED}, got "${text}"`);
    const length = suffix === undefined ? IP_BITS[ip.version] : lengthOf(suffix, ip.version, text);
    const first = prefixOf(ip, length) << BigInt(IP_BITS[ip.version] - length);
    if (first !== ip.bits) {
      const meant = `${formatIp({ ...ip, bits: first })}/${length}`;
      throw new Misspelt(`a block whose bits after the first ${length} are 0: ${meant}`, text);
    }
    return Cidr.#canonical(ip, length);
  }

  static #canonical(literal: Ip, length: number): Cidr {
    const ip = length >= MAPPED_LENGTH ? unmapped(literal) : literal;
    const own = ip.version === literal.version ? length : length - MAPPED_LENGTH;
    return new Cidr(ip.version, own, prefixOf(ip, own));
  }

  contains(ip: Ip): boolean {
    return ip.version === this.version && prefixOf(ip, this.length) === this.prefix;
  }

  /** The canonical text, always with a length. */
  toString(): string {
    const bits = this.prefix << BigInt(IP_BITS[this.version] - this.length);
    return `${formatIp({ version: this.version, bits })}/${this.length}`;
  }
}

/** The first `length` bits of an address. */
export function prefixOf(ip: Ip, length: number): bigint {
  return ip.bits >> BigInt(IP_BITS[ip.version] - length);
}

function lengthOf(suffix: string, version: 4 | 6, text: string): number {
  const length = Number(suffix);
  if (LENGTH.test(suffix) && length <= IP_BITS[version]) return length;
  throw new Misspelt(`a prefix length from 0 to ${IP_BITS[version]}`, text);
}
