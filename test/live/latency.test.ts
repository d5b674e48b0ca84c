import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FadingPeak } from "#lb/live/fading-peak";
import { type Latency, measureLatency, WORST_MS } from "#lb/live/latency";
import { ManualClock } from "../support/manual-clock.ts";

describe("the average", () => {
  test("jumps up to a peak at once", () => {
    const average = new FadingPeak();
    average.observe(5, 0);
    average.observe(80, 1);
    expect(average.at(1)).toBe(80);
  });

  test("comes down by half of the way in two seconds", () => {
    const average = new FadingPeak();
    average.observe(100, 0);
    average.observe(10, 2_000);
    expect(average.at(2_000)).toBe(55);
  });

  test("fades by half every two seconds while nothing is observed", () => {
    const average = new FadingPeak();
    average.observe(100, 1_000);
    const faded = [1_000, 3_000, 7_000].map((ms) => average.at(ms));
    for (const [nth, expected] of [100, 50, 12.5].entries()) expect(faded[nth]).toBeCloseTo(expected, 9);
  });

  test("stays between 0 and the highest sample", () => {
    const samples = fc.array(fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.nat(1e6)), {
      minLength: 1,
    });
    fc.assert(
      fc.property(samples, (samples) => {
        const average = new FadingPeak();
        let now = 0;
        for (const [sample, passed] of samples) {
          now += passed;
          average.observe(sample, now);
        }
        expect(average.at(now)).toBeGreaterThanOrEqual(0);
        expect(average.at(now)).toBeLessThanOrEqual(
          Math.max(...samples.map(([sample]) => sample)) * (1 + 1e-9),
        );
      }),
    );
  });
});

describe("the latency of a backend", () => {
  function measured(): { clock: ManualClock; latency: Latency; wait(ms: number): void } {
    const clock = new ManualClock();
    const latency = measureLatency(clock);
    const wait = (ms: number) => {
      latency.waits();
      clock.advance(ms);
    };
    return { clock, latency, wait };
  }

  test("is 0 where nothing is known, and the worst while the unknown is being tried", () => {
    const { latency } = measured();
    expect(latency.estimateMs()).toBe(0);
    latency.waits();
    expect(latency.estimateMs()).toBe(WORST_MS);
    latency.connected(0);
    expect(latency.estimateMs()).toBe(0);
  });

  test("adds up connecting and answering", () => {
    const { latency, wait } = measured();
    wait(3);
    latency.connected(3);
    wait(0);
    latency.answered(20);
    expect(latency.estimateMs()).toBe(23);
  });

  test("grows with the age of what waits, before any answer", () => {
    const { clock, latency, wait } = measured();
    wait(1);
    latency.connected(1);
    wait(400);
    expect(latency.estimateMs()).toBe(400);
    wait(100);
    expect(latency.estimateMs()).toBe((500 + 100) / 2);
    latency.answered(500);
    expect(latency.estimateMs()).toBeGreaterThan(500);
    latency.answered(100);
    clock.advance(60_000);
    expect(latency.estimateMs()).toBeLessThan(1);
  });

  test("is the worst after a failure, however quick it came", () => {
    const { latency, wait } = measured();
    wait(0.2);
    latency.gaveUp(0.2, true);
    expect(latency.estimateMs()).toBe(WORST_MS);
  });

  test("learns from a client that left no more than that the answer takes so long at least", () => {
    const { latency, wait } = measured();
    wait(50);
    latency.answered(50);
    wait(0);
    latency.gaveUp(0, false);
    expect(latency.estimateMs()).toBe(50);
    wait(700);
    latency.gaveUp(700, false);
    expect(latency.estimateMs()).toBe(700);
  });

  test("knows the mean age of what waits exactly, whoever ends when", () => {
    const step = fc.record({ passed: fc.nat(1_000), begins: fc.boolean(), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { clock, latency } = measured();
        const starts: number[] = [];
        latency.waits();
        latency.connected(0);
        for (const { passed, begins, which } of steps) {
          clock.advance(passed);
          if (begins || starts.length === 0) {
            starts.push(clock.now());
            latency.waits();
          } else {
            const [start] = starts.splice(which % starts.length, 1) as [number];
            // Left without a word, so that only the ages are told.
            latency.gaveUp(clock.now() - start, false);
          }
          const ages = starts.map((start) => clock.now() - start);
          const mean = ages.reduce((sum, age) => sum + age, 0) / (ages.length || 1);
          expect(latency.estimateMs()).toBeGreaterThanOrEqual(mean - 1e-6);
        }
        clock.advance(1e6);
        const mean = starts.reduce((sum, start) => sum + clock.now() - start, 0) / (starts.length || 1);
        expect(latency.estimateMs()).toBeCloseTo(mean, 3);
      }),
    );
  });
});
