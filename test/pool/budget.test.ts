import { expect, test } from "vitest";
import { RetryBudget } from "#lb/pool/budget";
import { ManualClock } from "../support/manual-clock.ts";

test("always allows its minimum, though nothing was dialled", () => {
  const { allowed } = made(0);
  expect(allowed({ share: 0.2, min: 10 }, 20)).toBe(10);
});

test.each([
  [100, 20],
  [104, 20],
  [105, 21],
])("allows of %i dials a fifth, rounded down: %i", (dials, retries) => {
  const { allowed } = made(dials);
  expect(allowed({ share: 0.2, min: 0 }, dials)).toBe(retries);
});

test("takes a share for what it says, though 0.58 of 50 is 28.99… to a machine", () => {
  expect(made(50).allowed({ share: 0.58, min: 0 }, 50)).toBe(29);
});

test("the minimum is no addition to the share", () => {
  const { allowed } = made(100);
  expect(allowed({ share: 0.2, min: 10 }, 100)).toBe(20);
});

test("remembers dials and retries for ten seconds", () => {
  const { clock, budget, allowed } = made(100);
  expect(allowed({ share: 0.2, min: 0 }, 100)).toBe(20);
  clock.advance(9_999);
  expect(budget.retry({ share: 0.2, min: 0 })).toBe(false);
  expect(allowed({ share: 0.2, min: 1 }, 100)).toBe(0);
  clock.advance(1);
  expect(allowed({ share: 0.2, min: 1 }, 100)).toBe(1);
});

test("what is long ago does not come back, however long nothing happened", () => {
  const { clock, allowed } = made(100);
  clock.advance(1_000_000);
  expect(allowed({ share: 1, min: 3 }, 100)).toBe(3);
});

test("a share of zero and no minimum allows none", () => {
  expect(made(1_000).allowed({ share: 0, min: 0 }, 10)).toBe(0);
});

function made(dials: number) {
  const clock = new ManualClock();
  const budget = new RetryBudget(clock);
  for (let i = 0; i < dials; i++) budget.dialled();
  /** Of so many retries in a row. */
  const allowed = (limits: { share: number; min: number }, of: number) =>
    Array.from({ length: of }, () => budget.retry(limits)).filter((each) => each).length;
  return { clock, budget, allowed };
}
