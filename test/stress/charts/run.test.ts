import { expect, test } from "vitest";
import { lookOf } from "../../../stress/charts/look.ts";
import { runOf } from "../../../stress/charts/run.ts";
import { slotsOf, slotWidthMs } from "../../../stress/charts/slots.ts";
import { syntheticResults } from "../../support/synthetic-results.ts";

test("only answered requests have a response time, in ascending milliseconds", () => {
  const results = syntheticResults({ failedShare: 0.1 });
  const { responseMs, repeats } = runOf("a", results, 0);
  expect(responseMs.length).toBe(results.counts.ok);
  expect(repeats.reduce((sum, { length }) => sum + length, 0)).toBe(results.counts.ok);
  expect(responseMs[0]).toBe(Math.min(...results.samples.latencyUs.filter((us) => us >= 0)) / 1000);
  expect([...responseMs]).toEqual([...responseMs].sort((a, b) => a - b));
});

test("a request that had its moment has waited since that moment, also before it was sent", () => {
  const results = syntheticResults({ requestsPerRepeat: 1, repeats: 1 });
  Object.assign(results.samples, {
    intendedUs: [0],
    startUs: [500_000],
    connectUs: [1_000],
    latencyUs: [9_000],
  });
  expect([...runOf("a", results, 0).responseMs]).toEqual([510]);
});

test("a run that must not be believed says so in its label", () => {
  const changes = { status: "invalid", invalidReasons: ["the generator was late"] } as const;
  const results = syntheticResults({ changes: { ...changes, invalidReasons: [...changes.invalidReasons] } });
  expect(runOf("a", results, 0).label).toBe("a (INVALID)");
});

test("forty runs look different from one another", () => {
  const looks = Array.from({ length: 40 }, (_, i) => JSON.stringify(lookOf(i)));
  expect(new Set(looks).size).toBe(40);
});

test("slots lay the repeats over one another, give the rate of one, and leave out what was not filled", () => {
  const results = syntheticResults({
    requestsPerRepeat: 1_000,
    ratePerSec: 500,
    servers: { a: [1, 1] },
  });
  const slots = slotsOf(runOf("a", results, 0), 500);
  expect(slots.map(({ atMs }) => atMs)).toEqual([250, 750, 1_250]);
  for (const { ratePerSec } of slots) expect(ratePerSec).toBeCloseTo(500, -1);
});

test("slots are as wide as their answers need, and leave a line to draw", () => {
  const run = (requestsPerRepeat: number, ratePerSec: number) =>
    runOf("a", syntheticResults({ requestsPerRepeat, ratePerSec, repeats: 1 }), 0);
  expect(slotWidthMs([run(22_000, 2_200)])).toBe(500);
  expect(slotWidthMs([run(200, 100)])).toBeLessThanOrEqual(500);
});
