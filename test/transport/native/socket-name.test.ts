import { networkInterfaces } from "node:os";
import { describe, expect, test } from "vitest";
import { type Libc, libc } from "#lb/transport/native/libc";
import { AF_INET, AF_INET6, AF_UNIX } from "#lb/transport/native/linux";
import { familyOf, SocketNames } from "#lb/transport/native/socket-name";

describe.skipIf(libc() === undefined)("the name of a socket", () => {
  const names = new SocketNames(libc() as Libc);

  test.each(["127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::8:800:200c:417a", "::ffff:192.0.2.1"])(
    "of %s is read as it was written",
    (host) => {
      expect(names.addressOf(names.ofHost(host, 65_535))).toEqual({ host, port: 65_535 });
    },
  );

  test("has the layout of its header, the port in the network's order", () => {
    expect([...names.ofHost("1.2.3.4", 0x1234)]).toEqual([
      AF_INET,
      0,
      0x12,
      0x34,
      1,
      2,
      3,
      4,
      ...Array(8).fill(0),
    ]);
    const ipv6 = names.ofHost("::1", 80);
    expect([ipv6.length, familyOf(ipv6), ipv6.readUInt16BE(2), ipv6[23]]).toEqual([28, AF_INET6, 80, 1]);
    const unix = names.of({ kind: "unix", path: "/a/ü" });
    expect([familyOf(unix), unix.subarray(2).toString()]).toEqual([AF_UNIX, "/a/ü\0"]);
  });

  test("keeps the zone of a link-local address, by its interface", () => {
    const [name = "lo"] = Object.keys(networkInterfaces());
    const host = `fe80::1%${name}`;
    expect(names.addressOf(names.ofHost(host, 1))).toEqual({ host, port: 1 });
    expect(names.addressOf(names.ofHost("fe80::1%1", 1))?.host).toMatch(/^fe80::1%\w+$/);
  });

  test("is no address on a unix socket, and none of what is no IP address", () => {
    expect(names.addressOf(names.of({ kind: "unix", path: "/s" }))).toBeUndefined();
    expect(names.addressOf(Buffer.alloc(0))).toBeUndefined();
    expect(() => names.ofHost("example.com", 1)).toThrow(RangeError);
  });

  test("is made once for an endpoint", () => {
    const endpoint = { kind: "tcp", host: "127.0.0.1", port: 1 } as const;
    expect(names.of(endpoint)).toBe(names.of(endpoint));
  });
});
