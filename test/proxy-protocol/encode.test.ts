import { describe, expect, test } from "vitest";
import type { Addresses } from "#lb/core/address";
import { encodeHeader } from "#lb/proxy-protocol/encode";
import { addresses, addresses6, v2 } from "./headers.ts";

const v1 = (each: Addresses | undefined) => Buffer.from(encodeHeader("v1", each)).toString("latin1");
const hex = (each: Addresses | undefined) => Buffer.from(encodeHeader("v2", each)).toString("hex");
const between = (source: string, destination: string): Addresses => ({
  source: { host: source, port: 51_234 },
  destination: { host: destination, port: 443 },
});

describe("version 1", () => {
  test("is one line: family, client, balancer, and their ports", () => {
    expect(v1(addresses)).toBe("PROXY TCP4 192.0.2.7 198.51.100.1 51234 443\r\n");
    expect(v1(addresses6)).toBe("PROXY TCP6 2001:db8::7 2001:db8::1 51234 443\r\n");
  });

  test("says UNKNOWN where there are no addresses", () => expect(v1(undefined)).toBe("PROXY UNKNOWN\r\n"));

  test("calls an IPv4 client of an IPv6 socket what it is", () => {
    expect(v1(between("::ffff:192.0.2.7", "::ffff:198.51.100.1"))).toBe(v1(addresses));
  });

  test("maps the IPv4 address of two families", () => {
    const line = "PROXY TCP6 ::ffff:c000:207 2001:db8::1 51234 443\r\n";
    expect(v1(between("192.0.2.7", "2001:db8::1"))).toBe(line);
  });

  test("leaves out the zone of a link-local address", () => {
    expect(v1(between("fe80::1%eth0", "fe80::2%eth0"))).toBe("PROXY TCP6 fe80::1 fe80::2 51234 443\r\n");
  });
});

describe("version 2", () => {
  test("is the signature, PROXY, the family, the length, addresses and ports", () => {
    expect(hex(addresses)).toBe(v2(0x21, 0x11, "c0000207c6336401c82201bb").toString("hex"));
    const ipv6 = "20010db800000000000000000000000720010db8000000000000000000000001c82201bb";
    expect(hex(addresses6)).toBe(v2(0x21, 0x21, ipv6).toString("hex"));
  });

  test("says LOCAL where there are no addresses", () => {
    expect(hex(undefined)).toBe(v2(0x20, 0x00).toString("hex"));
  });

  test("maps the IPv4 address of two families", () => {
    const mixed = "00000000000000000000ffffc000020720010db8000000000000000000000001c82201bb";
    expect(hex(between("192.0.2.7", "2001:db8::1"))).toBe(v2(0x21, 0x21, mixed).toString("hex"));
  });
});
