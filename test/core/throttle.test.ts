import { expect, test } from "vitest";
import { Throttle } from "#lb/core/throttle";
import { ManualClock } from "../support/manual-clock.ts";

test("tells of the first at once, and of the rest together, once per time", () => {
  const { clock, throttle, told } = made();
  for (let i = 0; i < 100; i++) throttle.happened();
  expect(told).toEqual(["1@0"]);
  clock.advance(999);
  throttle.happened();
  expect(told).toEqual(["1@0"]);
  clock.advance(1);
  expect(told).toEqual(["1@0", "100@1000"]);
});

test("counts each once, however long the flood goes on", () => {
  const { clock, throttle, told } = made();
  for (let i = 0; i < 10_000; i++) {
    throttle.happened();
    clock.advance(1);
  }
  clock.advance(1_000);
  expect(told).toHaveLength(11);
  expect(told.reduce((sum, line) => sum + Number.parseInt(line, 10), 0)).toBe(10_000);
});

test("is silent, and keeps no timer, when nothing happens", () => {
  const { clock, throttle, told } = made();
  throttle.happened();
  clock.advance(10_000);
  expect([told, clock.timers]).toEqual([["1@0"], 0]);
});

test("tells at once again after a time without any", () => {
  const { clock, throttle, told } = made();
  throttle.happened();
  clock.advance(1_500);
  throttle.happened();
  expect(told).toEqual(["1@0", "1@1500"]);
});

function made() {
  const clock = new ManualClock();
  const told: string[] = [];
  return {
    clock,
    told,
    throttle: new Throttle(clock, 1_000, (count) => told.push(`${count}@${clock.now()}`)),
  };
}
