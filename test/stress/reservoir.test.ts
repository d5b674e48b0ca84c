import { expect, test } from "vitest";
import { seededDice } from "#lb/core/dice";
import { Reservoir } from "../../stress/reservoir.ts";

test("holds all numbers of a short series", () => {
  const reservoir = new Reservoir(3);
  for (const value of [7, 5, 6]) reservoir.add(value);
  expect(reservoir.values).toEqual([7, 5, 6]);
});

test("of a long series it holds so many, from its beginning, middle and end alike", () => {
  const reservoir = new Reservoir(3_000, seededDice(1));
  for (let i = 0; i < 300_000; i++) reservoir.add(i);
  expect(reservoir.values).toHaveLength(3_000);
  for (const third of [0, 1, 2]) {
    const share = reservoir.values.filter((value) => Math.floor(value / 100_000) === third).length / 3_000;
    expect(share).toBeCloseTo(1 / 3, 1);
  }
});
