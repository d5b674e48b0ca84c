import { expect, test } from "vitest";
import { readableDuration } from "#lb/core/duration";

test.each([
  [0, "0.0s"],
  [250, "0.2s"],
  [2_000, "2.0s"],
  [30_432.7, "30.4s"],
  [59_999, "59.9s"],
  [60_000, "1m 0s"],
  [200_999, "3m 20s"],
  [2 * 3_600_000 + 3 * 60_000 + 59_000, "2h 3m"],
  [86_400_000, "1d 0h"],
  [400 * 86_400_000 + 5 * 3_600_000, "400d 5h"],
])("a time of %d ms is read as %s", (ms, text) => {
  expect(readableDuration(ms)).toBe(text);
});
