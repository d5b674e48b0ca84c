import { expect, test } from "vitest";
import type { Backend } from "#lb/live/backend";
import { Session } from "#lb/live/session";
import { Departures } from "#lb/standing/departures";
import { Drain } from "#lb/standing/drain";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const NOBODY = { kind: "unix", remote: undefined, local: undefined, bytesRead: 0 } as const;
const [BACKEND] = equalBackends(1) as [Backend];

test.each([1, 7, 20, 21, 99, 1_000])(
  "ends %i sessions within the time, never more than a step's part at once",
  (count) => {
    const { clock, sessions, left, departures, begin } = made(count);
    begin(20_000);
    for (let step = 1; step <= 20; step++) {
      const before = left().length;
      expect(departures.size).toBe(1);
      clock.advance(1_000);
      expect(before - left().length).toBeLessThanOrEqual(Math.ceil(count / 20));
    }
    expect(sessions.every(({ ending }) => ending === "drained")).toBe(true);
    expect([departures.size, clock.timers]).toEqual([0, 0]);
  },
);

test.each([
  [1, [20]],
  [2, [10, 20]],
  [6, [4, 7, 10, 14, 17, 20]],
])("spreads %i sessions over all of the time, one at each of the steps %j", (count, steps) => {
  const { clock, left, begin } = made(count);
  begin(20_000);
  const leftAt = Array.from({ length: 20 }, (_, index) => {
    const before = left().length;
    clock.advance(1_000);
    return before > left().length ? [index + 1] : [];
  });
  expect(leftAt.flat()).toEqual(steps);
});

test("ends those too that come up while it drains", () => {
  const { clock, sessions, left, begin } = made(5);
  begin(20_000);
  clock.advance(19_000);
  sessions.push(session(99), session(100));
  clock.advance(1_000);
  expect(left()).toEqual([]);
});

test("ends no more once it is called off, nor once all are closed", () => {
  for (const over of ["callOff", "close"] as const) {
    const { clock, left, departures, begin } = made(20);
    begin(20_000);
    clock.advance(5_000);
    departures[over]("key");
    clock.advance(60_000);
    expect(left()).toHaveLength(15);
    expect([departures.size, clock.timers]).toEqual([0, 0]);
  }
});

test("ends all at once where there is no time", () => {
  const { clock, left, begin } = made(50);
  begin(0);
  expect([left(), clock.timers]).toEqual([[], 0]);
});

test("drains that begin nearly together look at the sessions once a step for all of them", () => {
  const { clock, looks, departures } = made(50);
  for (let n = 0; n < 100; n++) {
    departures.begin(`${n}`, new Drain("main", `${n}`), 20_000);
    clock.advance(0.4);
  }
  clock.advance(20_000);
  expect([looks(), departures.size]).toEqual([20, 0]);
});

function made(count: number) {
  const sessions = Array.from({ length: count }, (_, n) => session(n));
  const clock = new ManualClock();
  let looks = 0;
  const departures = new Departures(clock, () => {
    looks += 1;
    return sessions;
  });
  const left = () => sessions.filter(({ ending }) => ending === undefined);
  const begin = (withinMs: number) => departures.begin("key", new Drain("main", BACKEND.identity), withinMs);
  return { clock, sessions, left, departures, begin, looks: () => looks };
}

function session(number: number): Session {
  const made = new Session(number, "main", 0, NOBODY);
  made.routed("main");
  made.placeOn = BACKEND.identity;
  return made;
}
