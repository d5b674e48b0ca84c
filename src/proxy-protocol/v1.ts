import type { Addresses } from "../core/address.ts";
import { formatIp, type Ip, parseLiteral, unmapped } from "../core/ip.ts";
import { addressesOf, pairOf } from "./family.ts";
import { type Announced, mayBegin, type Parsed } from "./header.ts";

/** The longest line, with its CRLF. */
const LONGEST = 107;
const BEGINNING = Buffer.from("PROXY ");
const END = "\r\n";
const TCP = /^PROXY TCP([46]) ([\d.:A-Fa-f]+) ([\d.:A-Fa-f]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;
const UNKNOWN = /^PROXY UNKNOWN(?: |$)/;
const LARGEST_PORT = 65_535;

/** Reads the line of version 1. */
export function parseV1(bytes: Uint8Array): Parsed {
  if (!mayBegin(bytes, BEGINNING)) return "missing";
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, LONGEST)).toString(
    "latin1",
  );
  const end = text.indexOf(END);
  if (end === -1) return bytes.length < LONGEST ? "more" : "too long";
  const announced = announcedBy(text.slice(0, end));
  return announced === "malformed" ? announced : { kind: "header", announced, length: end + END.length };
}

function announcedBy(line: string): Announced | "malformed" {
  if (UNKNOWN.test(line)) return undefined;
  const [, family, ...fields] = TCP.exec(line) ?? [];
  const [from, to] = fields.slice(0, 2).map((text) => addressOf(text, Number(family)));
  const [fromPort, toPort] = fields.slice(2).map(Number) as [number, number];
  if (from === undefined || to === undefined || fromPort > LARGEST_PORT || toPort > LARGEST_PORT)
    return "malformed";
  return addressesOf(from, to, fromPort, toPort);
}

/** The family says how an address must be spelled. */
function addressOf(text: string, version: number): Ip | undefined {
  const ip = parseLiteral(text);
  return ip?.version === version ? unmapped(ip) : undefined;
}

/** The line of version 1. */
export function encodeV1(addresses: Addresses | undefined): Uint8Array {
  const pair = addresses && pairOf(addresses);
  if (pair === undefined) return Buffer.from(`PROXY UNKNOWN${END}`);
  const { version } = pair;
  const [from, to] = [pair.source, pair.destination].map((bits) => formatIp({ version, bits }));
  const { source, destination } = addresses as Addresses;
  return Buffer.from(`PROXY TCP${version} ${from} ${to} ${source.port} ${destination.port}${END}`);
}
