import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonSteps } from "#lb/core/json-steps";
import { atOnce } from "#lb/core/slices";

test("writes what JSON.stringify writes, to whatever depth it goes in steps", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(6), (value, depth) => {
      expect(atOnce(jsonSteps(value, depth))).toBe(JSON.stringify(value));
    }),
  );
});

test("leaves out what JSON leaves out", () => {
  const value = { a: undefined, b: [undefined, 1], c: { d: undefined } };
  for (const depth of [0, 1, 2, 3]) expect(atOnce(jsonSteps(value, depth))).toBe('{"b":[null,1],"c":{}}');
});

test("makes a step of each item down to its depth", () => {
  const steps = [...jsonSteps({ pools: [{ backends: Array.from({ length: 1_000 }, () => ({})) }] }, 4)];
  expect(steps.length).toBeGreaterThanOrEqual(1_000);
});
