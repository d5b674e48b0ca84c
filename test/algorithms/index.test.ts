import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { algorithms } from "#lb/algorithms/index";
import { algorithmNames } from "#lb/contract/algorithm";

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

test("the page about algorithms says of each what the table says", () => {
  const page = readFileSync(new URL("../../docs/algorithms.md", import.meta.url), "utf8");
  const lines = algorithmNames.map((name) => `| \`${name}\` | ${algorithms[name].description} |`);
  expect(page).toContain(lines.join("\n"));
});
