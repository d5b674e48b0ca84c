import type { Parsed } from "./header.ts";
import { parseV1 } from "./v1.ts";
import { parseV2 } from "./v2.ts";

/** The first byte of a version 2 header; version 1 begins with a letter. */
const V2_FIRST = 0x0d;

/**
 * Reads a PROXY header of either version from the first bytes of a connection, however few there are; pure, never
 * throws, and never asks for more than 107 (version 1) or 4096 bytes (version 2). Source: HAProxy's doc/proxy-protocol.txt.
 */
export function parseHeader(bytes: Uint8Array): Parsed {
  if (bytes.length === 0) return "more";
  return bytes[0] === V2_FIRST ? parseV2(bytes) : parseV1(bytes);
}
