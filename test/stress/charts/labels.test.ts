import { expect, test } from "vitest";
import { widthOf } from "../../../stress/charts/fonts.ts";
import { labelsOf, shortened } from "../../../stress/charts/labels.ts";

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

test("leaves a name as it is that a picture has room for", () => {
  for (const name of ["Baseline", "2026-11-26-LeastConnections", "基线与轮询最少连接"])
    expect(shortened(name)).toBe(name);
});

test.each(["name-", "轮询", "👩‍👩‍👧"])(
  "keeps the two ends of a long name of %s, and no part of a character",
  (part) => {
    const short = shortened(part.repeat(80));
    expect(short).toMatch(new RegExp(`^(${part})+.*…(.*)(${part})+$`));
    if (part !== "name-") expect(short.replaceAll(part, "")).toBe("…");
    expect(widthOf(short, 15)).toBeLessThan(300);
  },
);
