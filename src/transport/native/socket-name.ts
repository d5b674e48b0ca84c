import { Buffer } from "node:buffer";
import { isIPv4 } from "node:net";
import type { Endpoint, SocketAddress } from "../../core/address.ts";
import type { Libc, Memory } from "./libc.ts";
import { AF_INET, AF_INET6, AF_UNIX } from "./linux.ts";

/** A socket address as the kernel has it: sockaddr_in (ip(7)), sockaddr_in6 (ipv6(7)) or sockaddr_un (unix(7)). */
export type SocketName = Buffer;

const IPV4_BYTES = 16;
const IPV6_BYTES = 28;
/** Where the parts of a name are. */
const PORT_AT = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;
const ZONE_AT = 24;
const PATH_AT = 2;
/** The longest name there is (sockaddr_storage), and behind it room for its length and for an address as text. */
const LONGEST_BYTES = 128;
const LENGTH_AT = 128;
const TEXT_AT = 136;
const TEXT_BYTES = 64;

/** Reads and writes socket addresses, in memory that each use of it overwrites. */
export class SocketNames {
  readonly #libc: Libc;
  readonly #memory: Memory;
  readonly #known = new WeakMap<Endpoint, SocketName>();

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#memory = libc.memory(TEXT_AT + TEXT_BYTES);
  }

  /** Where a name is for the kernel to read or write, and where its length is. */
  get address(): number {
    return this.#memory.address;
  }
  get lengthAddress(): number {
    return this.#memory.address + LENGTH_AT;
  }

  /** The name of an endpoint whose host is an IP address; the same object for the same endpoint. */
  of(endpoint: Endpoint): SocketName {
    const known = this.#known.get(endpoint);
    if (known !== undefined) return known;
    const name =
      endpoint.kind === "unix" ? unixName(endpoint.path) : this.ofHost(endpoint.host, endpoint.port);
    this.#known.set(endpoint, name);
    return name;
  }

  /** The name of an IP address, that may have a zone, and a port. */
  ofHost(host: string, port: number): SocketName {
    const isOld = isIPv4(host);
    const name = Buffer.alloc(isOld ? IPV4_BYTES : IPV6_BYTES);
    const [address = host, zone] = host.split("%");
    const { bytes } = this.#memory;
    if (this.#libc.inetPton(isOld ? AF_INET : AF_INET6, address, this.address) !== 1)
      throw new RangeError(`expected an IP address, got "${host}"`);
    writeFamily(name, isOld ? AF_INET : AF_INET6);
    name.writeUInt16BE(port, PORT_AT);
    bytes.copy(name, isOld ? IPV4_AT : IPV6_AT, 0, isOld ? 4 : 16);
    if (zone !== undefined && !isOld) writeWord(name, this.#zoneNumber(zone), ZONE_AT);
    return name;
  }

  /** Puts a name where the kernel reads it. */
  place(name: SocketName): void {
    this.#memory.bytes.set(name);
  }

  /** Makes room for the kernel to write a name. */
  expect(): void {
    this.#memory.words[LENGTH_AT / 4] = LONGEST_BYTES;
  }

  /** What the kernel has written. */
  read(): SocketName {
    const length = this.#memory.words[LENGTH_AT / 4] as number;
    return Buffer.from(this.#memory.bytes.subarray(0, Math.min(length, LONGEST_BYTES)));
  }

  /** The address and port of a name, the address spelt as Node spells it; undefined for a unix socket's. */
  addressOf(name: SocketName): SocketAddress | undefined {
    const family = familyOf(name);
    if (family !== AF_INET && family !== AF_INET6) return undefined;
    const port = name.readUInt16BE(PORT_AT);
    if (family === AF_INET) return { host: `${name[4]}.${name[5]}.${name[6]}.${name[7]}`, port };
    return { host: this.#ipv6Text(name), port };
  }

  #ipv6Text(name: SocketName): string {
    const { bytes, address } = this.#memory;
    bytes.set(name.subarray(IPV6_AT, IPV6_AT + 16));
    this.#libc.inetNtop(AF_INET6, address, address + TEXT_AT, TEXT_BYTES);
    const host = textAt(bytes);
    const zone = readWord(name, ZONE_AT);
    if (zone === 0) return host;
    return this.#libc.interfaceName(zone, address + TEXT_AT) === 0 ? host : `${host}%${textAt(bytes)}`;
  }

  #zoneNumber(zone: string): number {
    return /^\d+$/.test(zone) ? Number(zone) : this.#libc.interfaceIndex(zone);
  }
}

function textAt(bytes: Buffer): string {
  return bytes.toString("latin1", TEXT_AT, bytes.indexOf(0, TEXT_AT));
}

function unixName(path: string): SocketName {
  // The zero byte at its end is part of the length.
  const name = Buffer.alloc(PATH_AT + Buffer.byteLength(path) + 1);
  writeFamily(name, AF_UNIX);
  name.write(path, PATH_AT);
  return name;
}

/** The family of a name (address_families(7)); both architectures are little-endian. */
export function familyOf(name: SocketName): number {
  return name.length < 2 ? 0 : name.readUInt16LE(0);
}
function writeFamily(name: SocketName, family: number): void {
  name.writeUInt16LE(family, 0);
}
function writeWord(name: SocketName, value: number, at: number): void {
  name.writeUInt32LE(value, at);
}
function readWord(name: SocketName, at: number): number {
  return name.readUInt32LE(at);
}
