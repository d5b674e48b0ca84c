import fc from "fast-check";
import { expect, test } from "vitest";
import { distributionOf } from "../../stress/distribution.ts";

const oneTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test.each([
  ["p50", 20],
  ["p75", 40],
  ["p90", 100],
  ["p95", 200],
  ["p99", 1_000],
  ["p999", 10_000],
] as const)("says %s from %i samples on, when 10 lie beyond it", (name, enough) => {
  expect(distributionOf(oneTo(enough - 1))[name]).toBeNull();
  expect(distributionOf(oneTo(enough))[name]).not.toBeNull();
});

test("says nothing of no samples", () => {
  const { n, ...rest } = distributionOf([]);
  expect(n).toBe(0);
  expect(Object.values(rest).every((value) => value === null)).toBe(true);
});

test("keeps min, max, mean and percentiles exact", () => {
  const values = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 20, maxLength: 300 });
  fc.assert(
    fc.property(values, (valuesUs) => {
      const sorted = [...valuesUs].sort((a, b) => a - b);
      const { min, mean, p50, p75, max } = distributionOf(valuesUs) as Record<string, number>;
      expect([min, max]).toEqual([sorted[0], sorted.at(-1)]);
      expect(mean).toBeCloseTo(valuesUs.reduce((a, b) => a + b) / valuesUs.length, 0);
      const middle = sorted[Math.ceil(sorted.length / 2) - 1] as number;
      expect(p50).toBe(middle);
      if (p75 !== null) expect(p75).toBeGreaterThanOrEqual(p50 as number);
      expect(max).toBeGreaterThanOrEqual(p50 as number);
    }),
  );
});
