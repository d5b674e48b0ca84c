import { expect, test } from "vitest";
import { connectTimes, dialsIn } from "#lb/operate/top/connect-times";

const TEXT = [
  "# TYPE lb_pool_connect_duration_seconds histogram",
  'lb_pool_connect_duration_seconds_bucket{le="0.001",pool="a \\"b\\"\\\\"} 90',
  'lb_pool_connect_duration_seconds_bucket{le="0.01",pool="a \\"b\\"\\\\"} 100',
  'lb_pool_connect_duration_seconds_bucket{le="+Inf",pool="a \\"b\\"\\\\"} 100',
  'lb_pool_connect_duration_seconds_count{pool="x"} 100',
].join("\n");

test("dials are those of the histogram, by pool, whatever its name", () => {
  expect([...dialsIn(TEXT)]).toEqual([
    [
      'a "b"\\',
      [
        [0.001, 90],
        [0.01, 100],
        [Infinity, 100],
      ],
    ],
  ]);
});

const dials = (...counts: number[]) =>
  counts.map((count, at) => [[0.001, 0.01, Infinity][at] as number, count] as const);

test.each([
  ["since the start", [], dials(90, 100, 100), 0.556, 9.1],
  ["between two looks", dials(90, 90, 90), dials(90, 100, 100), 5.5, 9.91],
  ["above the last bound", dials(0, 0, 0), dials(0, 0, 3), 10, 10],
  ["without a dial", dials(9, 9, 9), dials(9, 9, 9), undefined, undefined],
  ["of a balancer that was started anew", dials(90, 90, 90), dials(9, 91, 91), undefined, undefined],
] as const)("percentiles %s", (_what, before, now, p50Ms, p99Ms) => {
  const found = connectTimes(before, now);
  if (p50Ms === undefined) expect(found).toEqual({ p50Ms, p99Ms });
  else {
    expect(found.p50Ms).toBeCloseTo(p50Ms, 2);
    expect(found.p99Ms).toBeCloseTo(p99Ms, 2);
  }
});
