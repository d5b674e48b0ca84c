import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { algorithmNames } from "#lb/contract/algorithm";
import { endings } from "#lb/core/ending";
import { faultOptions } from "../servers/faults/index.ts";

test("docs/endings.md explains every ending in the words of the table", () => {
  const rows = Object.entries(endings).map(([word, meaning]) => `| \`${word}\` | ${meaning} |`);
  expect(tableOf("endings.md", "| ending | meaning |")).toEqual(rows);
});

test("docs/algorithms.md speaks of every algorithm", () => {
  const page = read("algorithms.md");
  expect(algorithmNames.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("docs/servers.md has a row for every fault", () => {
  const rows = read("servers.md")
    .split("\n")
    .filter((line) => line.startsWith("| `--"));
  const missing = Object.keys(faultOptions).filter(
    (option) => !rows.some((row) => row.includes(`--${option}`)),
  );
  expect(missing).toEqual([]);
});

function tableOf(page: string, heading: string): string[] {
  const lines = read(page).split("\n");
  const rows = lines.slice(lines.indexOf(heading) + 2);
  return rows.slice(
    0,
    rows.findIndex((line) => !line.startsWith("|")),
  );
}

function read(page: string): string {
  return readFileSync(new URL(`../docs/${page}`, import.meta.url), "utf8");
}
