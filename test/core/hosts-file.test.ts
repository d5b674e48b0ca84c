import { expect, test } from "vitest";
import { addressesIn } from "#lb/core/hosts-file";

const HOSTS = `# a comment
127.0.0.1  localhost
::1\tLocalhost ip6-localhost # behind it
192.0.2.1 web.example web
#192.0.2.2 web
fe80::1%lo0 link
nonsense web
`;

test.each([
  ["localhost", ["127.0.0.1", "::1"]],
  ["LOCALHOST.", ["127.0.0.1", "::1"]],
  ["ip6-localhost", ["::1"]],
  ["web", ["192.0.2.1"]],
  ["link", ["fe80::1%lo0"]],
  ["behind", []],
  ["192.0.2.1", []],
])("finds %s", (name, addresses) => {
  expect(addressesIn(HOSTS, name)).toEqual(addresses);
});

test("finds a name in a file of many, and finds no part of one", () => {
  const many = Array.from({ length: 1_000 }, (_, i) => `192.0.2.1 blocked${i}.example\n`).join("");
  expect(addressesIn(many, "blocked999.example")).toEqual(["192.0.2.1"]);
  expect(addressesIn(many, "blocked9")).toEqual([]);
});

test("finds nothing in a file that is not there", () => {
  expect(addressesIn("", "localhost")).toEqual([]);
});
