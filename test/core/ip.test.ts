import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalAddress } from "#lb/core/address";
import { Cidr } from "#lb/core/cidr";
import { formatIp, type Ip, ipOf, limitKey, mapped, parseIp } from "#lb/core/ip";

const canonical = (text: string) => formatIp(parseIp(text) as Ip);
const ipv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((bits): Ip => ({ version: 4, bits }));
/** Sixteen-bit groups of which many are zero, so that every shape of `::` comes up. */
const group = fc.oneof(fc.constant(0), fc.constant(0xffff), fc.integer({ min: 0, max: 0xffff }));
const ipv6 = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map(
    (groups): Ip => ({ version: 6, bits: groups.reduce((bits, each) => (bits << 16n) | BigInt(each), 0n) }),
  )
  .filter(({ bits }) => bits >> 32n !== 0xffffn);

describe("an address", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::192.0.2.33", "::c000:221"],
  ])("%s is written %s (RFC 5952)", (text, expected) => expect(canonical(text)).toBe(expected));

  test.each(["::ffff:192.0.2.1", "::FFFF:c000:201", "0:0:0:0:0:ffff:192.0.2.1", "0000::ffff:c000:0201"])(
    "%s is the IPv4 address",
    (text) => expect(canonical(text)).toBe("192.0.2.1"),
  );

  test.each([
    "",
    "unix",
    "1.2.3",
    "01.2.3.4",
    "1.2.3.256",
    "1.2.3.4 ",
    ":::",
    "1::2::3",
    "12345::",
    "fe80::1%lo",
  ])("%j is none", (text) => expect(parseIp(text)).toBeUndefined());

  test("keeps its bits through its text, and is spelled as a browser would", () => {
    fc.assert(fc.property(ipv4, (ip) => void expect(parseIp(formatIp(ip))).toEqual(ip)));
    fc.assert(
      fc.property(ipv6, (ip) => {
        expect(parseIp(formatIp(ip))).toEqual(ip);
        expect(new URL(`http://[${formatIp(ip)}]`).hostname).toBe(`[${formatIp(ip)}]`);
      }),
    );
  });

  test("of IPv4 is found again in its mapped form", () => {
    fc.assert(
      fc.property(ipv4, (ip) => {
        const text = formatIp({ version: 6, bits: mapped(ip) });
        expect(parseIp(text)).toEqual(ip);
        expect(canonicalAddress(`::ffff:${formatIp(ip)}`)).toBe(formatIp(ip));
      }),
    );
  });

  test("never throws, whatever the text", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%/]{0,45}$/));
    fc.assert(fc.property(text, (each) => void ipOf(each)));
  });
});

describe("the client that limits count", () => {
  test.each([
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["::1", "::/64"],
    ["fe80::1%eth0", "fe80::/64"],
    ["unix", "unix"],
  ])("at %s is %s", (address, key) => expect(limitKey(address)).toBe(key));
});

describe("a block", () => {
  test.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["192.0.2.1", "192.0.2.1/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:0:0/96", "0.0.0.0/0"],
    ["::/0", "::/0"],
  ])("%s reads as %s", (text, canonicalText) => expect(String(Cidr.parse(text))).toBe(canonicalText));

  test.each([
    ["10.1.2.3/8", "expected a block whose bits after the first 8 are 0: 10.0.0.0/8, got"],
    ["2001:db8::1/32", "2001:db8::/32, got"],
    ["10.0.0.0/33", "expected a prefix length from 0 to 32, got"],
    ["10.0.0.0/08", "expected a prefix length from 0 to 32, got"],
    ["10.0.0.0/", "expected a prefix length from 0 to 32, got"],
    ["::/129", "expected a prefix length from 0 to 128, got"],
    ["10.0.0/8", "expected an IP address or a CIDR block"],
    ["10.0.0.0/8/8", "expected an IP address or a CIDR block"],
    ["", "expected an IP address or a CIDR block"],
  ])("%j is refused: %s", (text, message) => {
    expect(() => Cidr.parse(text)).toThrow(message);
    expect(() => Cidr.parse(text)).toThrow(RangeError);
  });

  test("holds the addresses that begin as it does, and no others", () => {
    const pair = fc.oneof(fc.tuple(ipv4, ipv4), fc.tuple(ipv6, ipv6));
    fc.assert(
      fc.property(pair, fc.integer({ min: 0, max: 128 }), fc.boolean(), ([one, other], length, near) => {
        const width = one.version === 4 ? 32 : 128;
        const bits = Math.min(length, width);
        const rest = BigInt(width - bits);
        const first = (one.bits >> rest) << rest;
        const tested = near ? { ...one, bits: first | BigInt.asUintN(Number(rest), other.bits) } : other;
        const family = one.version === 4 ? "ipv4" : "ipv6";
        const oracle = new BlockList();
        oracle.addSubnet(formatIp({ ...one, bits: first }), bits, family);
        const block = Cidr.parse(`${formatIp({ ...one, bits: first })}/${bits}`);
        expect(block.contains(tested)).toBe(oracle.check(formatIp(tested), family));
      }),
    );
  });

  test("of IPv6 holds no IPv4 address, and the other way round", () => {
    expect(Cidr.parse("::/0").contains(parseIp("10.0.0.1") as Ip)).toBe(false);
    expect(Cidr.parse("0.0.0.0/0").contains(parseIp("2001:db8::1") as Ip)).toBe(false);
  });
});
