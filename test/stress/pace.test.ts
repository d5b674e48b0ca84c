import fc from "fast-check";
import { expect, test } from "vitest";
import { arrivals, type Pace, paceOf } from "../../stress/pace.ts";
import { defaultPlan } from "../../stress/plan.ts";
import type { Plan } from "../../stress/results.ts";

const anyRate = fc.double({ min: 0.1, max: 100_000, noNaN: true });
const anySeed = fc.nat();

function take(count: number, schedule: Iterator<number>): number[] {
  return Array.from({ length: count }, () => schedule.next().value as number);
}

interface Counted extends Pace {
  readonly droppedUs: number[];
}

function openPace(changes: Partial<Plan>): Counted {
  const droppedUs: number[] = [];
  const plan: Plan = { ...defaultPlan, model: "open", arrival: "constant", ratePerSec: 1000, ...changes };
  const pace = paceOf(plan, (dueUs) => droppedUs.push(dueUs));
  return { dueUs: (nowUs, made) => pace.dueUs(nowUs, made), taken: () => pace.taken(), droppedUs };
}

/** Every request that is due when it is asked for only at these moments. */
function startedAt(pace: Pace, momentsUs: readonly number[]): number {
  let started = 0;
  for (const nowUs of momentsUs) {
    while (pace.dueUs(nowUs, 0) <= nowUs) {
      pace.taken();
      started++;
    }
  }
  return started;
}

test("spaces constant arrivals evenly and without drift, whatever the rate", () => {
  fc.assert(
    fc.property(anyRate, fc.nat(2000), (rate, n) => {
      expect(take(n + 1, arrivals(rate, "constant", 1))[n]).toBe(Math.round(n * (1e6 / rate)));
    }),
  );
});

test("gives the same Poisson arrivals for the same seed, never going back, at the rate asked for", () => {
  fc.assert(
    fc.property(anyRate, anySeed, (rate, seed) => {
      const moments = take(4000, arrivals(rate, "poisson", seed));
      expect(take(4000, arrivals(rate, "poisson", seed))).toEqual(moments);
      expect(moments.every((moment, i) => moment >= (moments[i - 1] ?? 0))).toBe(true);
      // The mean of 4000 exponential gaps lies within 8 of its own standard deviations.
      const meanUs = (moments.at(-1) as number) / 4000;
      expect(Math.abs((meanUs * rate) / 1e6 - 1)).toBeLessThan(8 / Math.sqrt(4000));
    }),
    { numRuns: 20 },
  );
});

test("makes each planned request of an open run exactly once: started, or dropped when it waited longer than the timeout", () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 200 }), (pauses, requests) => {
      const pace = openPace({ clients: 1, requestsPerClient: requests, timeoutMs: 100 });
      let nowUs = 0;
      const moments = pauses.map((pause) => (nowUs += pause));
      const started = startedAt(pace, [...moments, ...moments.map((moment) => moment + 1e9)]);
      expect(started + pace.droppedUs.length).toBe(requests);
    }),
  );
});

test("drops nothing that is started within the timeout of its moment", () => {
  const pace = openPace({ clients: 1, requestsPerClient: 100, timeoutMs: 100 });
  expect(startedAt(pace, [100_000])).toBe(100);
  expect(pace.droppedUs).toEqual([]);
});

test("counts nothing of the warm-up as dropped, and plans it beside the measured requests", () => {
  const pace = openPace({ clients: 1, requestsPerClient: 10, timeoutMs: 1, warmupMs: 50 });
  expect(pace.dueUs(-50_000, 0)).toBe(-50_000);
  expect(startedAt(pace, [0])).toBe(2);
  expect(pace.droppedUs).toEqual([]);
  expect(startedAt(pace, [5_000, 20_000])).toBe(2);
  expect(pace.droppedUs).toHaveLength(7);
});

test("has nothing due from the end of the duration on", () => {
  const pace = openPace({ requestsPerClient: null, durationMs: 10 });
  expect(startedAt(pace, [9_999, 10_000, 1e9])).toBe(10);
  expect(pace.dueUs(1e9, 0)).toBe(Infinity);
});

test("drops at the end of the duration whatever was due before it and still waits, and nothing of the warm-up", () => {
  const pace = openPace({ requestsPerClient: null, durationMs: 10, warmupMs: 3 });
  expect(startedAt(pace, [0])).toBe(4);
  expect(pace.dueUs(9_999, 0)).toBe(1_000);
  expect(pace.dueUs(10_000, 0)).toBe(Infinity);
  expect(pace.droppedUs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((ms) => ms * 1000));
  const unstarted = openPace({ requestsPerClient: null, durationMs: 10, warmupMs: 3 });
  expect(unstarted.dueUs(10_000, 0)).toBe(Infinity);
  expect(unstarted.droppedUs).toHaveLength(10);
});

test("lets each client of a closed run go on at once, until its requests or the time are used up", () => {
  const pace = paceOf({ ...defaultPlan, requestsPerClient: 3, durationMs: 1000 }, () => {});
  expect(pace.dueUs(-5, 0)).toBe(-5);
  expect(pace.dueUs(999_999, 2)).toBe(999_999);
  expect(pace.dueUs(10, 3)).toBe(Infinity);
  expect(pace.dueUs(1_000_000, 0)).toBe(Infinity);
});
