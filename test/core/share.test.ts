import { expect, test } from "vitest";
import { shareOf } from "#lb/core/share";

test("takes of every hundred what every whole percentage says", () => {
  for (let percent = 0; percent <= 100; percent++)
    for (const hundreds of [1, 7, 100, 10_000])
      expect(shareOf(100 * hundreds, percent / 100)).toBe(percent * hundreds);
});

test.each([
  [50, 0.58, 29],
  [50, 0.579, 28],
  [3, 1 / 3, 1],
  [10, 0.29, 2],
  [0, 1, 0],
])("of %i, a share of %d is %i", (count, share, part) => {
  expect(shareOf(count, share)).toBe(part);
});
