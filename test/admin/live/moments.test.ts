import { expect, test } from "vitest";
import { Moments } from "#lb/admin/live/moments";
import { percentileMs } from "#lb/admin/live/percentile";
import { scales } from "#lb/contract/histogram";
import type { Totals } from "#lb/contract/sample";
import { Histogram } from "#lb/live/histogram";
import { ManualClock } from "../../support/manual-clock.ts";
import { NotedLog } from "../../support/noted-log.ts";

/** A plane whose totals a test sets. */
function counting() {
  const [connect, duration] = [new Histogram("connect"), new Histogram("session")];
  const now = { sessions: 0, active: 0, endings: {} as Record<string, number> };
  const totals = async () =>
    ({
      listeners: [{ ...now, duration: duration.sample() }],
      pools: [{ connect: connect.sample() }],
    }) as unknown as Totals;
  return { now, connect, duration, plane: { totals } };
}

test("a moment a second tells how many came, how they ended, and how long it took of late", async () => {
  const clock = new ManualClock();
  const { now, connect, duration, plane } = counting();
  using moments = new Moments({ clock, plane, log: new NotedLog() });
  await clock.run(1_000);
  Object.assign(now, { sessions: 20, active: 5, endings: { done: 14, "no-backend": 1 } });
  for (let time = 0; time < 10; time++) connect.observe(0.2);
  duration.observe(3);
  await clock.run(1_000);
  expect(moments.all.at(-1)).toMatchObject({
    perSec: 20,
    active: 5,
    endings: { done: 14, "no-backend": 1 },
    connectMs: { p50: 0.175, p99: 0.249 },
  });
  await clock.run(1_000);
  expect(moments.all.at(-1)).toMatchObject({ perSec: 0, endings: {}, connectMs: { p50: 0.175 } });
  await clock.run(10_000);
  expect(moments.all.at(-1)).toMatchObject({ connectMs: { p50: null, p99: null } });
});

test("what is counted goes on where a listener and a pool with much more go, and where others come", async () => {
  const clock = new ManualClock();
  const listenerOf = (name: string, sessions: number) => {
    const duration = new Histogram("session");
    for (let time = 0; time < sessions; time++) duration.observe(3);
    return { name, sessions, active: 1, endings: { done: sessions }, duration: duration.sample() };
  };
  const poolOf = (name: string, dials: number) => {
    const connect = new Histogram("connect");
    for (let time = 0; time < dials; time++) connect.observe(0.2);
    return { name, connect: connect.sample() };
  };
  let now: object = {};
  const totals = async () => now as Totals;
  now = { listeners: [listenerOf("old", 900), listenerOf("kept", 10)], pools: [poolOf("old", 900)] };
  using moments = new Moments({ clock, plane: { totals }, log: new NotedLog() });
  await clock.run(1);
  now = { listeners: [listenerOf("kept", 14), listenerOf("new", 3)], pools: [poolOf("new", 5)] };
  await clock.run(1_000);
  expect(moments.all).toMatchObject([
    { perSec: 7, active: 2, endings: { done: 7 }, connectMs: { p50: 0.175 }, sessionMs: { p50: 3 } },
  ]);
});

test("five minutes are kept, and totals that go down count for nothing", async () => {
  const clock = new ManualClock();
  const { now, plane } = counting();
  using moments = new Moments({ clock, plane, log: new NotedLog() });
  now.sessions = 100;
  await clock.run(1_000);
  now.sessions = 10;
  await clock.run(1_000);
  expect(moments.all.at(-1)?.perSec).toBe(0);
  for (let second = 0; second < 400; second++) await clock.run(1_000);
  expect(moments.all.length).toBe(300);
  const last = moments.all.at(-2);
  expect(moments.after(last)).toEqual(moments.all.slice(-1));
});

test("a percentile lies within the range that it falls into, and is the last bound above all", () => {
  const counts = [...scales.session, Infinity].map(() => 0);
  expect(percentileMs("session", counts, 0.5)).toBe(null);
  counts[0] = 100;
  expect(percentileMs("session", counts, 0.5)).toBe(0.5);
  counts[counts.length - 1] = 1_000;
  expect(percentileMs("session", counts, 0.5)).toBe(86_400_000);
});
