import { describe, expect, test } from "vitest";
import type { Backend } from "#lb/live/backend";
import { Session } from "#lb/live/session";
import { Drains } from "#lb/standing/drains";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const NOBODY = { kind: "unix", remote: undefined, local: undefined, bytesRead: 0 } as const;
const MINUTE_MS = 60_000;
const STEPS = 20;

describe("a rebalance", () => {
  test("takes what is above the fair share off a backend, at once where there is no time", () => {
    const { drains, counts, rebalance } = made([30, 10]);
    rebalance(1, 0);
    expect(counts()).toEqual([20, 10]);
    expect(drains.size).toBe(0);
  });

  test("takes no more than the share that was asked for, rounded up, of the old sessions", () => {
    for (const [share, left] of [
      [0.2, 24],
      [0.01, 29],
      [0, 30],
    ] as const) {
      const { counts, rebalance } = made([30, 0]);
      rebalance(share, 0);
      expect(counts()).toEqual([left, 0]);
    }
  });

  test("spreads them over the time, the oldest first, and never takes a backend below its fair share", () => {
    const { clock, sessions, counts, drains, rebalance } = made([60, 20]);
    rebalance(1, 20_000);
    for (let step = 1; step <= STEPS; step++) {
      clock.advance(1_000);
      expect(counts()).toEqual([60 - step, 20]);
    }
    const ended = sessions.filter(({ ending }) => ending !== undefined);
    expect(ended.map(({ number, ending }) => [number, ending])).toEqual(
      Array.from({ length: STEPS }, (_, n) => [n, "rebalanced"]),
    );
    expect([drains.size, clock.timers]).toEqual([0, 0]);
  });

  test("spreads a few over all of the time", () => {
    const { clock, counts, rebalance } = made([12, 0]);
    rebalance(1, 20_000);
    const after = [5, 5, 5, 5].map((steps) => {
      clock.advance(steps * 1_000);
      return counts()[0];
    });
    expect(after).toEqual([11, 9, 8, 6]);
  });

  test("follows weights, and counts a backup for none while another can serve", () => {
    const weighed = made([30, 10], (backends) => {
      (backends[0] as Backend).weight = 3;
    });
    weighed.rebalance(1, 0);
    expect(weighed.counts()).toEqual([30, 10]);
    const backup = made([10, 10], ([, spare]) => {
      if (spare !== undefined) spare.settings = { ...spare.settings, backup: true };
    });
    backup.rebalance(1, 0);
    expect(backup.counts()).toEqual([10, 0]);
  });

  test("leaves sessions alone that are younger than a minute, and backends that may get nothing new", () => {
    const young = made([30, 10], undefined, MINUTE_MS - 1);
    young.rebalance(1, 0);
    expect(young.counts()).toEqual([30, 10]);
    const leaving = made([30, 10, 0], ([first]) => {
      if (first !== undefined) first.counts.usable[first.slot] = 0;
    });
    leaving.rebalance(1, 0);
    expect(leaving.counts()).toEqual([30, 5, 0]);
  });

  test("takes the less where sessions end meanwhile, or a backend comes", () => {
    const { clock, sessions, backends, counts, rebalance } = made([40, 0]);
    rebalance(1, 20_000);
    clock.advance(10_000);
    expect(counts()).toEqual([30, 0]);
    for (const session of sessions.filter(({ ending }) => ending === undefined).slice(0, 28))
      session.settle("done");
    clock.advance(10_000);
    expect(counts()).toEqual([1, 0]);
    expect(backends).toHaveLength(2);
  });

  test("takes the place of the one under way, and ends none where its time is off", () => {
    const { clock, drains, counts, rebalance } = made([40, 0]);
    rebalance(1, 20_000);
    rebalance(0.1, 20_000);
    clock.advance(10_000);
    expect([counts(), drains.size]).toEqual([[38, 0], 1]);
    rebalance(1, Infinity);
    clock.advance(60_000);
    expect([counts(), drains.size, clock.timers]).toEqual([[38, 0], 0, 0]);
  });

  test("does nothing in a pool without members or sessions", () => {
    const empty = made([]);
    empty.rebalance(1, 0);
    const idle = made([0, 0]);
    idle.rebalance(1, 1_000);
    idle.clock.advance(1_000);
    expect([empty.counts(), idle.counts()]).toEqual([[], [0, 0]]);
  });
});

/** A pool whose backends have so many sessions, all of that age; `prepare` may change the backends. */
function made(
  counts: readonly number[],
  prepare: (backends: Backend[]) => void = () => {},
  ageMs = MINUTE_MS,
) {
  const clock = new ManualClock();
  const backends = equalBackends(counts.length, clock);
  for (const { counts: numbers, slot } of backends) numbers.usable[slot] = 1;
  prepare(backends);
  let number = 0;
  const sessions = backends.flatMap((backend, at) =>
    Array.from({ length: counts[at] ?? 0 }, () => sessionOn(backend, number++)),
  );
  const drains = new Drains(clock, () => sessions);
  clock.advance(ageMs);
  const isOn = (backend: Backend) => (session: Session) =>
    session.placeOn === backend.identity && session.ending === undefined;
  return {
    clock,
    drains,
    sessions,
    backends,
    counts: () => backends.map((backend) => sessions.filter(isOn(backend)).length),
    rebalance: (share: number, withinMs: number) => drains.rebalance("main", () => backends, share, withinMs),
  };
}

function sessionOn(backend: Backend, number: number): Session {
  const made = new Session(number, "main", 0, NOBODY);
  made.routed("main");
  made.placeOn = backend.identity;
  return made;
}
