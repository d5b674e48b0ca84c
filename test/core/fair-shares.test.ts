import { expect, test } from "vitest";
import { fairShares } from "#lb/core/fair-shares";

test("shares by weight, and gives backups a share only where there is nothing else", () => {
  const [one, three] = [
    { weight: 1, backup: false },
    { weight: 3, backup: false },
  ];
  const spare = { weight: 4, backup: true };
  expect(fairShares([one, three, spare])).toEqual([0.25, 0.75, 0]);
  expect(fairShares([spare, spare])).toEqual([0.5, 0.5]);
  expect(fairShares([])).toEqual([]);
});
