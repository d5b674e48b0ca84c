import { describe, expect, test } from "vitest";
import { Families, inOrder } from "#lb/control/families";

const BACKEND = { pool: "p", entry: "web" };
const BOTH = ["192.0.2.1", "192.0.2.2", "2001:db8::1"];
const EVERYWHERE = ["127.0.0.1", "::1", "192.0.2.7", "2001:db8::7"];

describe("of a name with addresses of both families", () => {
  test("the IPv4 addresses are members, and the others while none of those answers its probe", () => {
    const families = new Families(() => EVERYWHERE);
    const members = () => families.membersOf("web.example", BOTH, BACKEND);
    expect(members()).toEqual(["192.0.2.1", "192.0.2.2"]);
    expect(families.heard(verdict("192.0.2.1", false))).toBeUndefined();
    expect(families.heard(verdict("192.0.2.2", false))).toEqual({
      ...BACKEND,
      reason: "no IPv4 address answers, IPv6 is tried too",
    });
    expect(members()).toEqual(BOTH);
    expect(families.heard(verdict("2001:db8::1", false))).toBeUndefined();
    expect(families.heard(verdict("192.0.2.1", true))).toEqual({
      ...BACKEND,
      reason: "an IPv4 address answers again",
    });
    expect(members()).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  test("an IPv4 address that is new and was not probed yet stands for its family", () => {
    const families = new Families(() => EVERYWHERE);
    families.membersOf("web.example", ["192.0.2.1", "2001:db8::1"], BACKEND);
    families.heard(verdict("192.0.2.1", false));
    expect(families.membersOf("web.example", BOTH, BACKEND)).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  test("what probes find of a backend that is gone is not kept for the next of its name", () => {
    const families = new Families(() => EVERYWHERE);
    const members = () => families.membersOf("web.example", BOTH, BACKEND);
    members();
    families.keepPools(new Set());
    for (const host of ["192.0.2.1", "192.0.2.2"]) families.heard(verdict(host, false));
    expect(members()).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  test("a backend of the same name in another pool is another matter", () => {
    const families = new Families(() => EVERYWHERE);
    const other = { pool: "q", entry: "web" };
    for (const each of [BACKEND, other]) families.membersOf("web.example", BOTH, each);
    for (const host of ["192.0.2.1", "192.0.2.2"]) families.heard(verdict(host, false));
    expect(families.membersOf("web.example", BOTH, other)).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  test.each([
    ["127.0.0.1", "::1"],
    ["192.0.2.7", "127.0.0.1", "::1"],
  ])("IPv6 is not tried from a machine that has none", (...own) => {
    const families = new Families(() => own);
    families.membersOf("web.example", BOTH, BACKEND);
    for (const host of ["192.0.2.1", "192.0.2.2"]) families.heard(verdict(host, false));
    expect(families.membersOf("web.example", BOTH, BACKEND)).toEqual(["192.0.2.1", "192.0.2.2"]);
  });
});

test.each([
  ["both, where the machine has both", EVERYWHERE, ["127.0.0.1", "::1"]],
  ["both, where the machine does not tell", [], ["127.0.0.1", "::1"]],
  ["IPv4 alone, where the machine has no IPv6", ["127.0.0.1", "192.0.2.7"], ["127.0.0.1"]],
])("of localhost: %s", (_, own, members) => {
  const families = new Families(() => own);
  expect(families.membersOf("localhost", ["127.0.0.1", "::1"], BACKEND)).toEqual(members);
});

test.each([[["192.0.2.1"]], [["2001:db8::1", "2001:db8::2"]], [[]]])("of one family all: %j", (addresses) => {
  const families = new Families(() => ["127.0.0.1"]);
  expect(families.membersOf("web.example", addresses, BACKEND)).toEqual(addresses);
  for (const host of addresses) expect(families.heard(verdict(host, false))).toBeUndefined();
});

test("IPv4 stands first, each address once, however they came", () => {
  const expected = ["192.0.2.1", "203.0.113.1", "2001:db8::1", "2001:db8::2"];
  const turned = ["2001:db8::2", "203.0.113.1", "2001:db8::1", "192.0.2.1", "203.0.113.1"];
  expect(inOrder(turned)).toEqual(expected);
  expect(inOrder(turned.toReversed())).toEqual(expected);
});

function verdict(host: string, alive: boolean) {
  return { ...BACKEND, endpoint: { kind: "tcp", host, port: 80 } as const, alive, reason: "a test" };
}

test("forgets what probes found of backends that are gone", () => {
  const families = new Families(() => EVERYWHERE);
  const members = () => families.membersOf("web.example", BOTH, BACKEND);
  const silence = () => {
    for (const host of ["192.0.2.1", "192.0.2.2"]) families.heard(verdict(host, false));
  };
  members();
  silence();
  expect(members()).toEqual(BOTH);
  families.keepBackends("p", new Set(["other"]));
  expect(members()).toEqual(["192.0.2.1", "192.0.2.2"]);
  silence();
  families.keepPools(new Set(["q"]));
  expect(members()).toEqual(["192.0.2.1", "192.0.2.2"]);
});
