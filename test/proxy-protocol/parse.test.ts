import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeHeader } from "#lb/proxy-protocol/encode";
import { parseHeader } from "#lb/proxy-protocol/parse";
import { addresses, addresses6, anyAddresses, v2 } from "./headers.ts";

const parse = (text: string) => parseHeader(Buffer.from(text, "latin1"));
const IPV4 = "c0000207c6336401c82201bb";
const IPV6 = "20010db800000000000000000000000720010db8000000000000000000000001c82201bb";

describe("a line of version 1", () => {
  test.each([
    ["PROXY TCP4 192.0.2.7 198.51.100.1 51234 443", addresses],
    ["PROXY TCP6 2001:db8::7 2001:DB8:0:0:0:0:0:1 51234 443", addresses6],
    ["PROXY TCP6 ::ffff:192.0.2.7 ::ffff:c633:6401 51234 443", addresses],
    ["PROXY UNKNOWN", undefined],
    ["PROXY UNKNOWN ", undefined],
    [`PROXY UNKNOWN ${"\xff".repeat(91)}`, undefined],
  ])("%s", (line, announced) => {
    const length = line.length + 2;
    expect(parse(`${line}\r\npayload\r\n`)).toEqual({ kind: "header", announced, length });
  });

  test.each([
    "PROXY  TCP4 192.0.2.7 198.51.100.1 51234 443\r\n",
    "PROXY TCP4 192.0.2.7  198.51.100.1 51234 443\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 51234 443 \r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 51234\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 51234 443\n\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 051234 443\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 51234 00\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 65536 443\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 -1 443\r\n",
    "PROXY TCP4 192.0.2.07 198.51.100.1 51234 443\r\n",
    "PROXY TCP4 192.0.2.256 198.51.100.1 51234 443\r\n",
    "PROXY TCP4 2001:db8::7 2001:db8::1 51234 443\r\n",
    "PROXY TCP6 192.0.2.7 198.51.100.1 51234 443\r\n",
    "PROXY TCP6 2001:db8::7 2001:db8::1::2 51234 443\r\n",
    "PROXY UDP4 192.0.2.7 198.51.100.1 51234 443\r\n",
    "PROXY UNKNOWNS\r\n",
  ])("%j is malformed", (line) => expect(parse(line)).toBe("malformed"));

  test.each([
    "proxy TCP4 192.0.2.7 198.51.100.1 51234 443\r\n",
    " PROXY TCP4 192.0.2.7 198.51.100.1 51234 443\r\n",
    "GET / HTTP/1.1\r\n",
    "PROXY\r\n\r\n",
    "P2",
  ])("%j is none", (line) => expect(parse(line)).toBe("missing"));

  test("may have 107 bytes with its line end, and no more", () => {
    const padding = "x".repeat(107 - "PROXY UNKNOWN \r\n".length);
    expect(parse(`PROXY UNKNOWN ${padding}\r\n`)).toMatchObject({ kind: "header", length: 107 });
    expect(parse(`PROXY UNKNOWN ${padding}x\r\n`)).toBe("too long");
    expect(parse(`PROXY UNKNOWN ${padding}x\r`)).toBe("too long");
    expect(parse(`PROXY UNKNOWN ${padding}\r`)).toBe("more");
  });
});

describe("a header of version 2", () => {
  test.each([
    ["TCP over IPv4", v2(0x21, 0x11, IPV4), addresses],
    ["TCP over IPv6", v2(0x21, 0x21, IPV6), addresses6],
    ["UDP over IPv4, whose client is a client too", v2(0x21, 0x12, IPV4), addresses],
    ["TLVs behind the addresses", v2(0x21, 0x11, `${IPV4}040003616263`), addresses],
    ["a unix socket", v2(0x21, 0x31, "00".repeat(216)), "unix"],
    ["LOCAL", v2(0x20, 0x00), undefined],
    ["LOCAL with a family and bytes that mean nothing", v2(0x20, 0xff, "0102"), undefined],
    ["an unspecified family", v2(0x21, 0x00, IPV4), undefined],
    ["an unspecified protocol", v2(0x21, 0x10, IPV4), undefined],
    ["4096 bytes", v2(0x21, 0x11, IPV4 + "00".repeat(4096 - 28)), addresses],
  ])("%s", (_, header, announced) => {
    const parsed = parseHeader(Buffer.concat([header, Buffer.from("payload")]));
    expect(parsed).toEqual({ kind: "header", announced, length: header.length });
  });

  test.each([
    ["version 1", v2(0x11, 0x11, IPV4)],
    ["version 3", v2(0x31, 0x11, IPV4)],
    ["an unknown command", v2(0x22, 0x11, IPV4)],
    ["an unknown family", v2(0x21, 0x41, IPV4)],
    ["an unknown protocol", v2(0x21, 0x13, IPV4)],
    ["too few bytes for IPv4", v2(0x21, 0x11, IPV4.slice(2))],
    ["too few bytes for IPv6", v2(0x21, 0x21, IPV4)],
    ["too few bytes for a unix socket", v2(0x21, 0x31, IPV6)],
  ])("of %s is malformed, without waiting for the rest", (_, header) => {
    expect(parseHeader(header)).toBe("malformed");
  });

  test.each([
    ["4097 bytes", v2(0x21, 0x11, IPV4, 4097 - 16)],
    ["65 551 bytes of LOCAL", v2(0x20, 0x00, "", 0xffff)],
  ])("of %s is too long, without waiting for the rest", (_, header) => {
    expect(parseHeader(header)).toBe("too long");
  });

  test.each([
    ["another signature", Buffer.from("0d0a0d0a000d0a515549540b", "hex")],
    ["a bare line end", Buffer.from("\r\nGET")],
  ])("is not there where there is %s", (_, header) => expect(parseHeader(header)).toBe("missing"));
});

describe("any header", () => {
  const version = fc.constantFrom("v1" as const, "v2" as const);
  const announced = fc.option(anyAddresses, { nil: undefined });

  test("names whom it was made for, and leaves the payload behind it alone", () => {
    fc.assert(
      fc.property(version, announced, fc.uint8Array({ maxLength: 300 }), (each, expected, payload) => {
        const header = encodeHeader(each, expected);
        const bytes = Buffer.concat([header, payload]);
        expect(parseHeader(bytes)).toEqual({ kind: "header", announced: expected, length: header.length });
        expect(bytes.subarray(header.length)).toEqual(Buffer.from(payload));
      }),
    );
  });

  test("is waited for at every split", () => {
    fc.assert(
      fc.property(version, announced, (each, expected) => {
        const header = encodeHeader(each, expected);
        for (let end = 0; end < header.length; end++)
          expect(parseHeader(header.subarray(0, end))).toBe("more");
      }),
      { numRuns: 30 },
    );
  });

  test("is not read beyond its own bytes, wherever they lie in memory", () => {
    const header = encodeHeader("v2", addresses);
    const surrounded = Buffer.concat([Buffer.alloc(7, 0xff), header, Buffer.alloc(7, 0xff)]);
    const view = new Uint8Array(surrounded.buffer, surrounded.byteOffset + 7, header.length);
    expect(parseHeader(view)).toMatchObject({ announced: addresses });
  });
});

describe("malformed bytes", () => {
  /** A good header with some bytes changed, so that most of the ways through the parser are taken. */
  const damaged = fc
    .tuple(
      fc.constantFrom("v1" as const, "v2" as const),
      anyAddresses,
      fc.array(fc.tuple(fc.nat(), fc.nat(255))),
    )
    .map(([version, each, changes]) => {
      const bytes = Buffer.from(encodeHeader(version, each));
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes;
    });
  const anything = fc.oneof(damaged, fc.uint8Array({ maxLength: 200 }));

  test("never throw, and what is a header or none stays so whatever follows", () => {
    fc.assert(
      fc.property(anything, fc.uint8Array({ maxLength: 50 }), (bytes, more) => {
        const parsed = parseHeader(bytes);
        if (parsed !== "more") expect(parseHeader(Buffer.concat([bytes, more]))).toEqual(parsed);
        if (typeof parsed === "object") expect(parsed.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 1_000 },
    );
  });

  test("are never waited for beyond the longest header", () => {
    fc.assert(
      fc.property(anything, (bytes) => {
        const filled = Buffer.concat([bytes, Buffer.alloc(4096)]);
        expect(parseHeader(filled)).not.toBe("more");
      }),
    );
  });
});
