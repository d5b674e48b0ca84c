import { describe, expect, test } from "vitest";
import { formatEndpoint, parseEndpoint } from "#lb/core/address";
import { Misspelt } from "#lb/core/misspelt";

describe("an endpoint", () => {
  test.each([
    "127.0.0.1:80",
    "[::1]:80",
    "[::ffff:10.0.0.1]:0",
    "[fe80::1%eth0]:80",
    "[fe80::1%br-lan.7]:80",
    "localhost:65535",
    "a_b.c-d.example.:80",
    "10.example:80",
    "bücher.example:80",
    "unix:/run/lb.sock",
  ])("%s is read, and written as it was", (text) => expect(formatEndpoint(parseEndpoint(text))).toBe(text));

  test.each(["", "localhost", "localhost:", "localhost:65536", "::1:80", "a b:80", "unix:run/lb.sock"])(
    "%j is none",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(RangeError);
      expect(() => parseEndpoint(text)).not.toThrow(Misspelt);
    },
  );
});

describe("a host that is neither an address nor a name is answered with what was expected:", () => {
  test.each([
    ["*:8080", '0.0.0.0:8080 (every IPv4 address) or "[::]:8080"'],
    [":8080", '0.0.0.0:8080 (every IPv4 address) or "[::]:8080"'],
    ["8080", '0.0.0.0:8080 (every IPv4 address) or "[::]:8080"'],
    ["[10.0.0.1%eth0]:80", "an IPv6 address between the brackets"],
    ["10.0.0.256:80", "four numbers from 0 to 255"],
    ["127.1:80", "four numbers from 0 to 255"],
    ["010.0.0.1:80", "four numbers from 0 to 255"],
    ["127.0.0.1.:80", "four numbers from 0 to 255"],
    ["2130706433:80", "four numbers from 0 to 255"],
    ["0x7f000001:80", "four numbers from 0 to 255"],
    ["what?:80", "a name of letters"],
    [".example:80", "a name of letters"],
    ["a..example:80", "a name of letters"],
    ["xn--a:80", "a name with an ASCII form"],
    ["xn--0.internal:80", "a name with an ASCII form"],
    ["\u0300a.example:80", "a name with an ASCII form"],
    ["[::1::2]:80", "an IPv6 address between the brackets"],
    ["[10.0.0.1]:80", "an IPv6 address between the brackets"],
  ])("%s", (text, expected) => {
    expect(() => parseEndpoint(text)).toThrow(Misspelt);
    expect(() => parseEndpoint(text)).toThrow(expected);
  });
});
