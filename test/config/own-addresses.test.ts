import { expect, test } from "vitest";
import { ownAddresses } from "#lb/config/own-addresses";

test("knows the addresses of all interfaces", () => {
  expect(ownAddresses()).toContain("127.0.0.1");
});

test("knows none where the system does not tell", () => {
  const refused = () => {
    throw new Error("uv_interface_addresses returned Unknown system error 97");
  };
  expect(ownAddresses(refused)).toEqual([]);
});
