import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bears,
  deepestShare,
  highestPercentile,
  interpolated,
  percentileName,
  quantile,
} from "../../stress/quantile.ts";

const values = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 200 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe("a quantile", () => {
  test("is a value that so many do not exceed, and the smallest such", () => {
    fc.assert(
      fc.property(values, share, (list, q) => {
        const ascending = Float64Array.from(list).sort();
        const found = quantile(ascending, q);
        const upTo = ascending.filter((value) => value <= found).length;
        const below = ascending.filter((value) => value < found).length;
        expect(upTo / ascending.length).toBeGreaterThanOrEqual(q - 1e-6);
        expect(below === 0 || below / ascending.length < q + 1e-6).toBe(true);
      }),
    );
  });

  test("of a hundred numbers is the one of that rank", () => {
    const hundred = Float64Array.from({ length: 100 }, (_, i) => i + 1);
    expect([0, 0.5, 0.9, 0.99, 1].map((q) => quantile(hundred, q))).toEqual([1, 50, 90, 99, 100]);
  });

  test("of nothing is not a number", () => {
    expect(quantile([], 0.5)).toBeNaN();
    expect(interpolated([], 0.5)).toBeNaN();
  });

  test("of a few numbers in any order lies between its two neighbours, in proportion", () => {
    expect([0, 0.25, 0.5, 1].map((q) => interpolated([40, 10, 30, 20], q))).toEqual([10, 17.5, 25, 40]);
  });
});

describe("a percentile is shown", () => {
  test.each([
    [19, undefined],
    [20, 0.5],
    [100, 0.9],
    [999, 0.95],
    [1_000, 0.99],
    [9_999, 0.99],
  ])("of %i samples up to %s, which has ten beyond", (n, highest) => {
    expect(highestPercentile(n)).toBe(highest);
  });

  test("beyond p99 only where asked for", () => {
    expect(highestPercentile(10_000, 0.999)).toBe(0.999);
  });

  test("by the samples beyond it alone, also where a share is no round number in binary", () => {
    for (const [q, fewest] of [
      [0.5, 20],
      [0.75, 40],
      [0.9, 100],
      [0.95, 200],
      [0.99, 1_000],
      [0.999, 10_000],
    ] as const)
      expect([bears(fewest - 1, q), bears(fewest, q)]).toEqual([false, true]);
  });

  test("never where there are fewer than ten samples", () => {
    expect(deepestShare(9)).toBe(0);
    expect(deepestShare(100)).toBe(0.9);
  });

  test("under its usual name", () => {
    expect([0.5, 0.99, 0.999].map(percentileName)).toEqual(["p50", "p99", "p99.9"]);
  });
});
