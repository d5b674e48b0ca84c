import { expect, test } from "vitest";
import { algorithmNames } from "#lb/algorithms/index";

test("the table names the algorithms in the order users see them", () => {
  expect(algorithmNames).toEqual([
    "round-robin",
    "least-connections",
    "random",
    "p2c",
    "peak-ewma",
    "source-hash",
    "maglev",
    "first",
  ]);
});
