import { describe, expect, test } from "vitest";
import { accessList } from "#lb/admission/access";
import type { AccessRule } from "#lb/contract/admission";
import { refusedWith } from "./sessions.ts";

const deny = (who: string): AccessRule => ({ action: "deny", who });
const allow = (who: string): AccessRule => ({ action: "allow", who });
const verdict = (rules: AccessRule[], address: string) =>
  refusedWith(accessList(rules), address) ?? "allowed";

describe("an access list", () => {
  const offices = [
    deny("10.1.0.0/16"),
    allow("10.0.0.0/8"),
    allow("2001:db8::/32"),
    allow("unix"),
    deny("all"),
  ];

  test.each([
    ["10.1.2.3", "denied"],
    ["10.2.0.1", "allowed"],
    ["::ffff:10.2.0.1", "allowed"],
    ["::ffff:10.1.2.3", "denied"],
    ["2001:db8::1", "allowed"],
    ["2001:db9::1", "denied"],
    ["192.0.2.1", "denied"],
    ["unix", "allowed"],
  ])("of the first match says of %s: %s", (address, expected) =>
    expect(verdict(offices, address)).toBe(expected),
  );

  test("allows whom no rule matches", () => {
    expect(verdict([], "192.0.2.1")).toBe("allowed");
    expect(verdict([deny("10.0.0.0/8")], "192.0.2.1")).toBe("allowed");
    expect(verdict([deny("10.0.0.0/8")], "unix")).toBe("allowed");
  });

  test("means every client by all, and every IPv4 client by 0.0.0.0/0", () => {
    for (const address of ["192.0.2.1", "2001:db8::1", "unix"])
      expect(verdict([deny("all")], address)).toBe("denied");
    expect(verdict([deny("0.0.0.0/0")], "192.0.2.1")).toBe("denied");
    expect(verdict([deny("0.0.0.0/0")], "2001:db8::1")).toBe("allowed");
  });

  test("means one client by an address, and a link-local one whatever its zone", () => {
    expect(verdict([deny("192.0.2.1")], "192.0.2.1")).toBe("denied");
    expect(verdict([deny("192.0.2.1")], "192.0.2.2")).toBe("allowed");
    expect(verdict([deny("fe80::1")], "fe80::1%eth0")).toBe("denied");
  });

  test.each([
    ["any", "expected an IP address, a CIDR block, unix or all"],
    ["10.1.0.0/8", "10.0.0.0/8"],
  ])("of %s is a mistake", (who, message) => expect(() => accessList([deny(who)])).toThrow(message));
});
