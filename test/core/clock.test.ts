import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "#lb/core/clock";

const DAY_MS = 24 * 3_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test.each([
  ["the longest of Node's own", 2 ** 31 - 1],
  ["the next longer", 2 ** 31],
  ["an interval of 24 days and a tenth", 1.1 * 24 * DAY_MS],
  ["the tenth ejection of 24 days each", 240 * DAY_MS],
])("a timer fires when it is due, and not before: %s", (_, ms) => {
  const fired = vi.fn();
  systemClock.after(ms, fired);
  vi.advanceTimersByTime(ms - 1);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2);
  expect(fired).toHaveBeenCalledOnce();
});

test("a timer longer than Node's own is cancelled at any time", () => {
  const fired = vi.fn();
  for (const days of [0, 25, 200]) {
    const timer = systemClock.after(240 * DAY_MS, fired);
    vi.advanceTimersByTime(days * DAY_MS);
    timer[Symbol.dispose]();
  }
  expect(vi.getTimerCount()).toBe(0);
  expect(fired).not.toHaveBeenCalled();
});

test("a timer without end never fires, and keeps no process alive", () => {
  systemClock.after(Infinity, () => {});
  expect(vi.getTimerCount()).toBe(0);
});
