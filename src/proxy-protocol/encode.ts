import type { Addresses } from "../core/address.ts";
import { encodeV1 } from "./v1.ts";
import { encodeV2 } from "./v2.ts";

const encoders = { v1: encodeV1, v2: encodeV2 };

/**
 * The header that tells a backend which client it serves. Where one of the addresses is IPv4 and the other IPv6, both are sent
 * as IPv6, the one mapped. Without addresses (a unix socket): version 1 says `UNKNOWN`, version 2 `LOCAL`.
 */
export function encodeHeader(version: "v1" | "v2", addresses: Addresses | undefined): Uint8Array {
  return encoders[version](addresses);
}
