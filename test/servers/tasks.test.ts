import fc from "fast-check";
import { expect, test } from "vitest";
import { factorial, fibonacci, tasks } from "../../servers/tasks.ts";

test("each Fibonacci number is the sum of the two before it", () => {
  expect([0, 1, 2, 3, 10].map(fibonacci)).toEqual([0n, 1n, 1n, 2n, 55n]);
  fc.assert(
    fc.property(fc.integer({ min: 2, max: tasks.fibonacci.largest }), (n) => {
      expect(fibonacci(n)).toBe(fibonacci(n - 1) + fibonacci(n - 2));
    }),
  );
});

test("each factorial is n times the one before it", () => {
  expect([0, 1, 2, 5].map(factorial)).toEqual([1n, 1n, 2n, 120n]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: tasks.factorial.largest }), (n) => {
      expect(factorial(n)).toBe(BigInt(n) * factorial(n - 1));
    }),
    { numRuns: 20 },
  );
});
