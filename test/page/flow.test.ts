import { expect, test } from "vitest";
import { flowWords } from "#lb/admin/page/flow";
import { targetsOf, trafficOf } from "#lb/admin/page/flow-plan";
import type { Message } from "#lb/admin/page/wire";
import { type LivePool, World } from "#lb/admin/page/world";

/** What a page knows that hears, second by second, how many sessions came in all and how many of them reached each backend. */
function heard(seconds: readonly (readonly [sessions: number, ...connected: number[]])[]): World {
  const world = new World();
  for (const [second, [sessions, ...connected]] of seconds.entries()) {
    const backends = connected.map((each, index) => ({
      name: "abc".charAt(index),
      active: 0,
      connected: each,
      administrative: { state: { value: "ready" } },
      operational: { value: "up" },
    }));
    const told = {
      at: new Date(second * 1_000).toISOString(),
      health: { status: "ok", reasons: [] },
      clients: [],
      moments: [],
      news: [],
      listeners: [{ name: "web", pool: "p", sessions }],
      pools: [{ name: "p", backends }],
    } as unknown as Message;
    world.hear(told, second === 0);
  }
  return world;
}

function drawn(world: World) {
  const pool = world.pools.get("p") as LivePool;
  const { coming } = trafficOf(world, pool);
  const shares = targetsOf(pool, coming).map(({ share }) => Math.round(share * 100));
  return { coming: Math.round(coming), shares, words: flowWords(world, pool) };
}

test("an arrow has the share of its backend of all sessions that come", () => {
  const { coming, shares, words } = drawn(heard([0, 1, 2, 3].map((at) => [at * 10, at * 5, at * 3, at * 2])));
  expect([coming, ...shares]).toEqual([10, 50, 30, 20]);
  expect(words).toContain("a 50\u2009%, b 30\u2009%, c 20\u2009%. The fuller");
});

test("sessions that reach no backend come all the same, and belong to no arrow", () => {
  const { coming, shares, words } = drawn(heard([0, 1, 2, 3].map((at) => [at * 10, at * 4, at * 4, 0])));
  expect([coming, ...shares]).toEqual([10, 40, 40, 0]);
  expect(words).toContain("a 40\u2009%, b 40\u2009%. 20\u2009% reach no backend.");
});

test("where all backends fail, the sessions are seen to come and the arrows to end", () => {
  const until = Array.from(
    { length: 61 },
    (_, at) => [at * 10, ...Array(3).fill(Math.min(at, 20) * 3)] as const,
  );
  const { coming, shares, words } = drawn(heard(until as never));
  expect([coming, ...shares]).toEqual([10, 0, 0, 0]);
  expect(words).toBe("None of 10 new sessions a second reaches a backend.");
});

test("a backend that has served more than its listener brought in has no more than all of them", () => {
  expect(
    drawn(
      heard([
        [0, 0],
        [1, 2],
      ]),
    ).shares,
  ).toEqual([100]);
});

test("where none come, that is said", () => {
  expect(
    drawn(
      heard([
        [5, 5],
        [5, 5],
        [5, 5],
      ]),
    ).words,
  ).toBe("No new sessions now.");
});
