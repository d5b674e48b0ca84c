import { expect, test } from "vitest";
import { table } from "../../clients/table.ts";

test("aligns the first column to the left, numbers to the right", () => {
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

test("aligns a number that is not known, or none at all, as a number", () => {
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

test("aligns other columns of text to the left, as they are named", () => {
  const rows = [
    ["reset", "5", "it was broken off"],
    ["eof", "10", "127.0.0.1"],
  ];
  expect(table(["error", "count", "what"], rows, [0, 2]).split("\n")).toEqual([
    "error  count  what",
    "reset      5  it was broken off",
    "eof       10  127.0.0.1",
  ]);
});

test("widens no column but the first for the remark of a row that has no numbers", () => {
  const rows = [
    ["a", "5", "10"],
    ["longer", "this one was not measured"],
  ];
  expect(table(["", "min", "max"], rows).split("\n")).toEqual([
    "        min  max",
    "a         5   10",
    "longer  this one was not measured",
  ]);
});
