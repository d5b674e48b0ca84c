import { expect, test } from "vitest";
import { endings, failures } from "#lb/core/ending";
import { apart } from "../../src/admin/page/endings.ts";

test("the page calls those endings failures that the balancer does", () => {
  const tally = Object.fromEntries(Object.keys(endings).map((word) => [word, 1]));
  const shown = apart(tally).failures.map(([word]) => word);
  expect(shown.sort()).toEqual([...failures].sort());
});
