import fc from "fast-check";
import type { Addresses } from "#lb/core/address";
import { formatIp } from "#lb/core/ip";

const ipv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((bits) => formatIp({ version: 4, bits }));
const ipv6 = fc
  .bigInt({ min: 0n, max: 2n ** 128n - 1n })
  .filter((bits) => bits >> 32n !== 0xffffn)
  .map((bits) => formatIp({ version: 6, bits }));
const port = fc.integer({ min: 0, max: 65_535 });
const side = (host: fc.Arbitrary<string>) => fc.record({ host, port });

/** Any two addresses: of one family, and of both. */
export const anyAddresses: fc.Arbitrary<Addresses> = fc.oneof(
  fc.record({ source: side(ipv4), destination: side(ipv4) }),
  fc.record({ source: side(ipv6), destination: side(ipv6) }),
  fc.record({ source: side(ipv4), destination: side(ipv6) }),
  fc.record({ source: side(ipv6), destination: side(ipv4) }),
);

export const addresses: Addresses = {
  source: { host: "192.0.2.7", port: 51_234 },
  destination: { host: "198.51.100.1", port: 443 },
};

export const addresses6: Addresses = {
  source: { host: "2001:db8::7", port: 51_234 },
  destination: { host: "2001:db8::1", port: 443 },
};

const SIGNATURE = "0d0a0d0a000d0a515549540a";

/** A version 2 header by its parts, `rest` with the length that is true of it unless another is given. */
export function v2(command: number, family: number, rest = "", length = rest.length / 2): Buffer {
  const word = length.toString(16).padStart(4, "0");
  return Buffer.concat([
    Buffer.from(SIGNATURE, "hex"),
    Buffer.of(command, family),
    Buffer.from(word + rest, "hex"),
  ]);
}
