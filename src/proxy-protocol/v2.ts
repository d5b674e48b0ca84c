import type { Addresses } from "../core/address.ts";
import { IP_BITS, type Ip, unmapped } from "../core/ip.ts";
import { addressesOf, type Pair, pairOf } from "./family.ts";
import { type Announced, mayBegin, type Parsed } from "./header.ts";

/** The longest header in all; the format could announce 65 551 bytes. */
const LONGEST = 4096;
const SIGNATURE = Buffer.from("\r\n\r\n\0\r\nQUIT\n");
/** Signature, version and command, family and protocol, length of the rest. */
const FIXED = 16;

const LOCAL = 0x20;
const PROXY = 0x21;

const UNSPEC = 0;
const UNIX = 3;
const STREAM = 1;
const LAST_PROTOCOL = 2;
const FAMILIES = { 4: 1, 6: 2 } as const;
/** Bytes that the addresses of a family take: two of them, with their ports where there are any. */
const ADDRESS_BYTES = [0, 12, 36, 216];

/** Reads the header of version 2; what follows the addresses in it (TLVs) is skipped. */
export function parseV2(bytes: Uint8Array): Parsed {
  if (!mayBegin(bytes, SIGNATURE)) return "missing";
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const command = header[12] ?? PROXY;
  if (command !== PROXY && command !== LOCAL) return "malformed";
  if (header.length < FIXED) return "more";
  const length = FIXED + header.readUInt16BE(14);
  if (length > LONGEST) return "too long";
  if (!isPossible(command, header.readUInt8(13), length)) return "malformed";
  if (header.length < length) return "more";
  return { kind: "header", announced: command === LOCAL ? undefined : announcedBy(header), length };
}

/** Whether there is such a family and protocol, and room for its addresses; LOCAL says nothing of them. */
function isPossible(command: number, familyAndProtocol: number, length: number): boolean {
  if (command === LOCAL) return true;
  const addressBytes = ADDRESS_BYTES[familyAndProtocol >> 4];
  const protocol = familyAndProtocol & 0xf;
  return addressBytes !== undefined && protocol <= LAST_PROTOCOL && length >= FIXED + addressBytes;
}

function announcedBy(header: Buffer): Announced {
  const [family, protocol] = [header.readUInt8(13) >> 4, header.readUInt8(13) & 0xf];
  if (family === UNSPEC || protocol === UNSPEC) return undefined;
  if (family === UNIX) return "unix";
  const version = family === FAMILIES[4] ? 4 : 6;
  const bytes = IP_BITS[version] / 8;
  const ports = FIXED + 2 * bytes;
  return addressesOf(
    readIp(header, FIXED, version),
    readIp(header, FIXED + bytes, version),
    header.readUInt16BE(ports),
    header.readUInt16BE(ports + 2),
  );
}

function readIp(header: Buffer, at: number, version: 4 | 6): Ip {
  const hex = header.toString("hex", at, at + IP_BITS[version] / 8);
  return unmapped({ version, bits: BigInt(`0x${hex}`) });
}

/** The header of version 2, without TLVs. */
export function encodeV2(addresses: Addresses | undefined): Uint8Array {
  const pair = addresses && pairOf(addresses);
  if (pair === undefined) return fixed(LOCAL, UNSPEC, 0);
  const { source, destination } = addresses as Addresses;
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(source.port);
  ports.writeUInt16BE(destination.port, 2);
  const family = FAMILIES[pair.version];
  const head = fixed(PROXY, (family << 4) | STREAM, ADDRESS_BYTES[family] as number);
  return Buffer.concat([head, ipBytes(pair, pair.source), ipBytes(pair, pair.destination), ports]);
}

function fixed(command: number, familyAndProtocol: number, rest: number): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.of(command, familyAndProtocol, rest >> 8, rest & 0xff)]);
}

function ipBytes({ version }: Pair, bits: bigint): Buffer {
  return Buffer.from(bits.toString(16).padStart(IP_BITS[version] / 4, "0"), "hex");
}
