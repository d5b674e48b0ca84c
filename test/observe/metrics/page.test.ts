import { expect, test } from "vitest";
import { families } from "#lb/observe/metrics/families";
import { metricsPage } from "./metrics-page.ts";

// When the table of families has changed: npx vitest run test/observe/metrics/page.test.ts -u
test("docs/metrics.md is what the table of families says", async () => {
  await expect(metricsPage()).toMatchFileSnapshot("../../../docs/metrics.md");
});

test("every family stands on the page once", () => {
  const rows = metricsPage()
    .split("\n")
    .filter((line) => line.startsWith("| `lb_"));
  expect(rows.map((row) => row.split("`")[1]).sort()).toEqual(families.map(({ name }) => name).sort());
});

test("names are as Prometheus wants them, and each stands once", () => {
  expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  for (const { name, type, help } of families) {
    expect(name).toMatch(/^lb_[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    if (type === "histogram") expect(name).toMatch(/_seconds$/);
    expect(help, name).toMatch(/^[A-Z0-9][^\n]*\.$/);
  }
});
