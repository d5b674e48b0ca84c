import { expect, test } from "vitest";
import { inSlices, type Steps } from "#lb/core/slices";
import { ManualClock } from "../support/manual-clock.ts";

function* steps(clock: ManualClock, times: number, eachMs: number): Steps<number> {
  for (let i = 0; i < times; i++) yield clock.advance(eachMs);
  return times;
}

test("work of less than a slice is done at once, without a turn of the loop", async () => {
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  const clock = new ManualClock();
  expect(await inSlices(clock, steps(clock, 1, 1))).toBe(1);
  expect(turned).toBe(false);
});

test("other work comes between slices, and after the last, before what follows", async () => {
  const clock = new ManualClock();
  const atMs: number[] = [];
  let turn = setImmediate(look);
  function look() {
    atMs.push(clock.now());
    turn = setImmediate(look);
  }
  await inSlices(clock, steps(clock, 5, 1));
  clearImmediate(turn);
  expect(atMs).toEqual([2, 4, 5]);
});

test("rejects as the work throws", async () => {
  function* bad(): Steps<never> {
    yield;
    throw new RangeError("bad");
  }
  await expect(inSlices(new ManualClock(), bad())).rejects.toThrow("bad");
});
