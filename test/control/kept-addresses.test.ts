import { expect, test } from "vitest";
import { KeptAddresses } from "#lb/control/kept-addresses";

test("keeps an address that an answer lacks for the hold, and no longer", () => {
  const kept = new KeptAddresses();
  kept.take(["192.0.2.1"], 0);
  kept.take(["192.0.2.2"], 1_000);
  expect(kept.leftMs(1_500, 2_000)).toBe(1_500);
  expect(kept.at(2_999, 2_000)).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(kept.at(3_000, 2_000)).toEqual(["192.0.2.2"]);
  expect(kept.leftMs(3_000, 2_000)).toBe(Infinity);
});

test("of a name with ever new addresses it keeps the 256 that are missing the shortest", () => {
  const kept = new KeptAddresses();
  for (let i = 0; i < 1_000; i++) kept.take([`10.0.${i >> 8}.${i & 255}`], i);
  const addresses = kept.at(1_000, Infinity);
  expect(addresses).toHaveLength(257);
  expect(addresses).toContain("10.0.3.231");
  expect(addresses).toContain("10.0.2.231");
  expect(addresses).not.toContain("10.0.2.230");
});
