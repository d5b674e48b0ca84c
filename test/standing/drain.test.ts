import { expect, test } from "vitest";
import { Session } from "#lb/live/session";
import { Drain } from "#lb/standing/drain";
import { ManualClock } from "../support/manual-clock.ts";

const NOBODY = { kind: "unix", remote: undefined, local: undefined, bytesRead: 0 } as const;

test.each([1, 7, 20, 21, 99, 1_000])(
  "ends %i sessions within the time, never more than a step's part at once",
  (count) => {
    const { clock, sessions, left, begin, overAtMs } = made(count);
    using _drain = begin(20_000);
    for (let step = 1; step <= 20; step++) {
      const before = left().length;
      clock.advance(1_000);
      expect(before - left().length).toBeLessThanOrEqual(Math.ceil(count / 20));
    }
    expect(sessions.every(({ ending }) => ending === "drained")).toBe(true);
    expect(overAtMs).toEqual([clock.now()]);
    expect(clock.timers).toBe(0);
  },
);

test("ends those too that come up while it drains", () => {
  const { clock, sessions, left, begin } = made(5);
  using _drain = begin(20_000);
  clock.advance(19_000);
  sessions.push(session(99), session(100));
  clock.advance(1_000);
  expect(left()).toEqual([]);
});

test("ends no more once it is disposed of", () => {
  const { clock, left, begin, overAtMs } = made(20);
  const drain = begin(20_000);
  clock.advance(5_000);
  drain[Symbol.dispose]();
  clock.advance(60_000);
  expect(left()).toHaveLength(15);
  expect(overAtMs).toEqual([]);
  expect(clock.timers).toBe(0);
});

test("ends all at once where there is no time", () => {
  const { clock, left, begin } = made(50);
  using _drain = begin(0);
  clock.advance(0);
  expect(left()).toEqual([]);
});

function made(count: number) {
  const sessions = Array.from({ length: count }, (_, n) => session(n));
  const clock = new ManualClock();
  const left = () => sessions.filter(({ ending }) => ending === undefined);
  const overAtMs: number[] = [];
  const begin = (withinMs: number) => new Drain(clock, withinMs, left, () => overAtMs.push(clock.now()));
  return { clock, sessions, left, begin, overAtMs };
}

function session(number: number): Session {
  return new Session(number, "main", 0, NOBODY);
}
