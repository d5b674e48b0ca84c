import { expect, test } from "vitest";
import { Descriptors } from "#lb/transport/native/descriptors";

test("finds the owner of a descriptor, and none of one that was given back", () => {
  const descriptors = new Descriptors<string>();
  const generation = descriptors.add(7, "first");
  expect(descriptors.at(7, generation)).toBe("first");
  descriptors.delete(7);
  expect(descriptors.at(7, generation)).toBeUndefined();
});

test("a late event for a descriptor that has another owner by now finds nothing", () => {
  const descriptors = new Descriptors<string>();
  const before = descriptors.add(7, "first");
  descriptors.delete(7);
  const now = descriptors.add(7, "second");
  expect([descriptors.at(7, before), descriptors.at(7, now)]).toEqual([undefined, "second"]);
});

test("grows with the number of a descriptor, and keeps what it has", () => {
  const descriptors = new Descriptors<string>();
  const low = descriptors.add(3, "low");
  const high = descriptors.add(1_000_000, "high");
  expect([descriptors.at(3, low), descriptors.at(1_000_000, high)]).toEqual(["low", "high"]);
  expect(descriptors.at(2_000_000, 0)).toBeUndefined();
});

test("forgetting what is not there changes nothing", () => {
  const descriptors = new Descriptors<string>();
  const generation = descriptors.generationOf(9);
  descriptors.delete(9);
  descriptors.delete(1_000_000);
  expect(descriptors.add(9, "first")).toBe(generation);
});
