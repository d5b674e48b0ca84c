import { expect, test } from "vitest";
import { labelsOf } from "../../../stress/charts/labels.ts";

test("a run is called by its file's name", () => {
  expect(labelsOf(["data/Baseline.json", "./RoundRobin.json", "odd.txt"])).toEqual([
    "Baseline",
    "RoundRobin",
    "odd.txt",
  ]);
});

test("equal names are told apart by as few folders as do", () => {
  expect(labelsOf(["a/x/RoundRobin.json", "b/x/RoundRobin.json", "c/P2c.json"])).toEqual([
    "a/x/RoundRobin",
    "b/x/RoundRobin",
    "P2c",
  ]);
});
