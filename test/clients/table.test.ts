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
