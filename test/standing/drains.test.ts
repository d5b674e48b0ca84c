import { expect, test } from "vitest";
import type { Backend } from "#lb/live/backend";
import { Session } from "#lb/live/session";
import { Drains } from "#lb/standing/drains";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const NOBODY = { kind: "unix", remote: undefined, local: undefined, bytesRead: 0 } as const;

test("forgets a drain whose time is over", () => {
  const { drains, clock, a, b } = made();
  drains.begin("main", a, 1_000);
  drains.begin("main", b, 2_000);
  clock.advance(1_000);
  expect(drains.size).toBe(1);
  clock.advance(1_000);
  expect([drains.size, clock.timers]).toEqual([0, 0]);
});

test("forgets a drain that is called off", () => {
  const { drains, clock, a } = made();
  drains.begin("main", a, 1_000);
  expect([drains.size, clock.timers]).toEqual([1, 1]);
  drains.callOff("main", a);
  expect([drains.size, clock.timers]).toEqual([0, 0]);
});

test("ends the sessions on that backend of that pool, and no others", () => {
  const { drains, clock, sessions, a, b } = made();
  const [meant, other, elsewhere, nowhere] = [
    session("main", a),
    session("main", b),
    session("another", a),
    session("main", null),
  ];
  sessions.push(meant, other, elsewhere, nowhere);
  drains.begin("main", a, 1_000);
  clock.advance(1_000);
  expect(sessions.map(({ ending }) => ending)).toEqual(["drained", undefined, undefined, undefined]);
});

function made() {
  const clock = new ManualClock();
  const sessions: Session[] = [];
  const [a, b] = equalBackends(2, clock) as [Backend, Backend];
  return { drains: new Drains(clock, () => sessions), clock, sessions, a, b };
}

function session(pool: string, backend: Backend | null): Session {
  const made = new Session(1, "main", 0, NOBODY);
  made.routed(pool);
  made.placeOn = backend?.identity;
  return made;
}
