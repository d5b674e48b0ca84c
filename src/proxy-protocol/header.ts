import type { Addresses } from "../core/address.ts";

/**
 * The client that a header names: one with addresses, one on a unix socket of the peer, or, where it is undefined (UNKNOWN,
 * LOCAL, UNSPEC), the peer itself.
 */
export type Announced = Addresses | "unix" | undefined;

/**
 * What the bytes of a connection so far hold at their beginning: a whole header of `length` bytes, behind which the
 * payload begins; the beginning of one; or what is wrong with them.
 */
export type Parsed = Header | "more" | Flaw;

/** `missing`: they are not so much as the beginning of a header. */
export type Flaw = "missing" | "malformed" | "too long";

interface Header {
  readonly kind: "header";
  readonly announced: Announced;
  readonly length: number;
}

/** Whether the bytes are a beginning of `expected`, or begin with it. */
export function mayBegin(bytes: Uint8Array, expected: Uint8Array): boolean {
  const length = Math.min(bytes.length, expected.length);
  return expected.subarray(0, length).every((byte, index) => byte === bytes[index]);
}
