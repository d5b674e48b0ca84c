import fc from "fast-check";
import { expect, test } from "vitest";
import { leastOf } from "#lb/core/least-of";

test("gives the items with the lowest numbers, lowest first, whatever order they come in", () => {
  const all = fc.property(fc.uniqueArray(fc.integer()), fc.nat(20), (numbers, most) => {
    const sorted = [...numbers].sort((one, other) => one - other);
    expect(leastOf(numbers, most, (number) => number)).toEqual(sorted.slice(0, most));
  });
  fc.assert(all);
});

test("gives all of them where there is no limit", () => {
  expect(leastOf([3, 1, 2], Infinity, (number) => number)).toEqual([1, 2, 3]);
});
