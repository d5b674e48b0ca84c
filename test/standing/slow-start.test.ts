import { expect, test } from "vitest";
import type { Backend } from "#lb/live/backend";
import { SlowStart } from "#lb/standing/slow-start";
import { backendsOf } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

test("gives the weight in ten equal steps over the duration, and tells of each", () => {
  const { clock, backend, slowStart, told } = made(20);
  slowStart.begin(backend, 10_000);
  const weights = [backend.weight];
  for (let step = 0; step < 9; step++) {
    clock.advance(1_000);
    weights.push(backend.weight);
  }
  expect(weights).toEqual([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
  expect(told.steps).toBe(9);
  expect(clock.timers).toBe(0);
});

test("gives all of it at once where there is no duration", () => {
  const { clock, backend, slowStart } = made(3);
  slowStart.begin(backend, 0);
  expect([backend.weight, clock.timers]).toEqual([3, 0]);
});

test("begins again where it had begun", () => {
  const { clock, backend, slowStart } = made(10);
  slowStart.begin(backend, 10_000);
  clock.advance(5_000);
  slowStart.begin(backend, 10_000);
  expect([backend.weight, clock.timers]).toEqual([1, 1]);
  clock.advance(9_000);
  expect(backend.weight).toBe(10);
});

test("stopped, it leaves the full weight and no timer", () => {
  const { clock, backend, slowStart } = made(10);
  slowStart.begin(backend, 10_000);
  slowStart.stop(backend);
  expect([backend.weight, clock.timers]).toEqual([10, 0]);
});

test("goes on from where it is with a weight that was set meanwhile", () => {
  const { clock, backend, slowStart } = made(10);
  slowStart.begin(backend, 10_000);
  clock.advance(4_000);
  backend.settings = { ...backend.settings, weight: 100 };
  slowStart.follow(backend);
  expect(backend.weight).toBe(50);
  clock.advance(1_000);
  expect(backend.weight).toBe(60);
});

test("leaves a backend that is not starting alone", () => {
  const { backend, slowStart } = made(10);
  slowStart.follow(backend);
  expect(backend.weight).toBe(10);
});

function made(weight: number) {
  const clock = new ManualClock();
  const [backend] = backendsOf([weight], clock) as [Backend];
  const told = { steps: 0 };
  const slowStart = new SlowStart(clock, () => {
    told.steps += 1;
  });
  return { clock, backend, slowStart, told };
}
