import { expect, test } from "vitest";
import { table } from "../../clients/table.ts";

test("aligns text to the left and numbers to the right", () => {
  const rows = [
    ["a", "5", "50.0%"],
    ["longer", "100", "5.0%"],
  ];
  expect(table(["server", "answers", "share"], rows).split("\n")).toEqual([
    "server  answers  share",
    "a             5  50.0%",
    "longer      100   5.0%",
  ]);
});

test("takes a number that is not known, or none at all, for a number", () => {
  const rows = [
    ["a", "-", "", "66.7 %"],
    ["b", "10.25", "1", "100 %"],
  ];
  expect(table(["run", "p50 ms", "n", "share"], rows).split("\n")).toEqual([
    "run  p50 ms  n   share",
    "a         -     66.7 %",
    "b     10.25  1   100 %",
  ]);
});
