import { expect, test } from "vitest";
import { LoopDelay } from "#lb/live/loop-delay";
import { ManualClock } from "../support/manual-clock.ts";

test("looks twenty times a second how late its timer came, until it is disposed of", () => {
  const clock = new ManualClock();
  const delay = new LoopDelay(clock);
  clock.advance(150);
  expect(delay.sample().counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  delay[Symbol.dispose]();
  expect(clock.timers).toBe(0);
});
