import { describe, expect, test } from "vitest";
import { type Dice, seededDice, systemDice } from "#lb/core/dice";

const THROWS = 100_000;

/** How far throws are from filling 100 equal boxes evenly; above 149 happens by chance once in a thousand (99 degrees of freedom). */
function chiSquare(dice: Dice): number {
  const boxes = new Array<number>(100).fill(0);
  for (let n = 0; n < THROWS; n++) {
    const box = Math.floor(dice() * 100);
    boxes[box] = (boxes[box] as number) + 1;
  }
  return boxes.reduce((sum, count) => sum + (count - THROWS / 100) ** 2 / (THROWS / 100), 0);
}

describe("seeded dice", () => {
  test("throw the same for the same seed, on every machine", () => {
    const dice = seededDice(42);
    const again = seededDice(42);
    const throws = Array.from({ length: 100 }, dice);
    expect(Array.from({ length: 100 }, again)).toEqual(throws);
    expect(throws.slice(0, 3)).toMatchInlineSnapshot(`
      [
        0.15377165307290852,
        0.8504893006756902,
        0.018084544222801924,
      ]
    `);
  });

  test("throw differently for neighbouring seeds, 0 and negative ones included", () => {
    const firsts = Array.from({ length: 2_001 }, (_, n) => seededDice(n - 1_000)());
    expect(new Set(firsts).size).toBe(2_001);
    expect(firsts.reduce((sum, value) => sum + value, 0) / 2_001).toBeCloseTo(0.5, 1);
  });

  test.each([0, 1, 7, -1, 2 ** 31])("are uniform and stay in [0, 1): seed %d", (seed) => {
    expect(chiSquare(seededDice(seed))).toBeLessThan(149);
    const dice = seededDice(seed);
    for (let n = 0; n < 10_000; n++) {
      const value = dice();
      if (!(value >= 0 && value < 1)) throw new Error(`expected a number in [0, 1), got ${value}`);
    }
  });

  test("do not let one throw tell the next", () => {
    const dice = seededDice(9);
    let previous = dice();
    let product = 0;
    for (let n = 0; n < THROWS; n++) {
      const next = dice();
      product += (previous - 0.5) * (next - 0.5);
      previous = next;
    }
    // The correlation, whose deviation by chance is 1 / sqrt(THROWS).
    expect(Math.abs((12 * product) / THROWS)).toBeLessThan(0.015);
  });
});

test("the system's dice stay in [0, 1)", () => {
  for (let n = 0; n < 1_000; n++) {
    const value = systemDice();
    expect(value >= 0 && value < 1).toBe(true);
  }
});
