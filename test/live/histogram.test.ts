import { describe, expect, test } from "vitest";
import { scales } from "#lb/contract/histogram";
import { Histogram } from "#lb/live/histogram";

describe("a histogram", () => {
  test("counts each time in the range whose bound it does not exceed", () => {
    for (const [at, bound] of scales.connect.entries()) {
      const histogram = new Histogram("connect");
      histogram.observe(bound * 1000);
      histogram.observe(bound * 1000 * 1.001);
      const { counts } = histogram.sample();
      expect(counts).toHaveLength(scales.connect.length + 1);
      expect([counts[at], counts[at + 1]]).toEqual([1, 1]);
    }
  });

  test("adds up what it counts, in seconds", () => {
    const histogram = new Histogram("session");
    for (const ms of [0, 0.25, 1_000, 90_000_000]) histogram.observe(ms);
    const { counts, sumSec } = histogram.sample();
    expect(sumSec).toBeCloseTo(90_001.00025, 6);
    expect([counts[0], counts.at(-1), counts.reduce((sum, count) => sum + count)]).toEqual([2, 1, 4]);
  });

  test("a time below zero, or none at all, adds nothing to the sum", () => {
    const histogram = new Histogram("turn");
    for (const ms of [-5, Number.NaN]) histogram.observe(ms);
    const { counts, sumSec } = histogram.sample();
    expect(sumSec).toBe(0);
    expect(counts[0]).toBe(2);
  });

  test("a sample does not change with what is counted later", () => {
    const histogram = new Histogram("queue");
    const before = histogram.sample();
    histogram.observe(1);
    expect(before.counts[0]).toBe(0);
  });

  test.each(Object.entries(scales))(
    "the bounds of %s ascend, and there are few enough to show",
    (_, bounds) => {
      expect([...bounds].sort((one, other) => one - other)).toEqual(bounds);
      expect(new Set(bounds).size).toBe(bounds.length);
      expect(bounds.length).toBeLessThanOrEqual(16);
    },
  );
});
