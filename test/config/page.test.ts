import { expect, test } from "vitest";
import { configurationPage } from "./configuration-page.ts";

// When the schema has changed: npx vitest run test/config/page.test.ts -u
test("docs/configuration.md is what the schema says", async () => {
  await expect(configurationPage()).toMatchFileSnapshot("../../docs/configuration.md");
});

test("no row of the page is without its meaning", () => {
  const rows = configurationPage()
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  expect(rows.length).toBeGreaterThan(60);
  expect(rows.filter((row) => / \|\s*\|$/.test(row) || row.includes("undefined"))).toEqual([]);
});
