import { expect, test } from "vitest";
import { MOST_BACKENDS } from "#lb/contract/backend";
import { Counts, move } from "#lb/live/counts";

test("gives a slot that was given back to the next, with all numbers at zero", () => {
  const counts = new Counts();
  const slot = counts.claim();
  move(counts.connected, slot, 7);
  counts.release(slot);
  expect(counts.claim()).toBe(slot);
  expect(counts.connected[slot]).toBe(0);
  expect(counts.taken).toBe(1);
});

test("has room for as many as there may be, and for three times as many that have left and still have sessions", () => {
  const counts = new Counts();
  claim(counts, 3 * MOST_BACKENDS);
  counts.provideFor(MOST_BACKENDS);
  const [one] = claim(counts, 1) as [number];
  expect(() => counts.provideFor(MOST_BACKENDS)).toThrow(RangeError);
  counts.release(one);
  counts.provideFor(MOST_BACKENDS);
});

test("provides for no more than there may be", () => {
  expect(() => new Counts().provideFor(MOST_BACKENDS + 1)).toThrow(
    "expected at most 16384 backends in all, got 16385",
  );
});

test("loses no slot to a claim that it must refuse", () => {
  const counts = new Counts();
  const slots = claim(counts, 4 * MOST_BACKENDS);
  expect(() => counts.claim()).toThrow(RangeError);
  for (const slot of slots) counts.release(slot);
  expect(counts.taken).toBe(0);
  expect(new Set(claim(counts, slots.length)).size).toBe(slots.length);
});

function claim(counts: Counts, many: number): number[] {
  return Array.from({ length: many }, () => counts.claim());
}
