import { describe, expect, test } from "vitest";
import { flowWords } from "#lb/admin/page/flow";
import { targetsOf, trafficOf } from "#lb/admin/page/flow-plan";
import type { Message } from "#lb/admin/page/wire";
import { type LivePool, World } from "#lb/admin/page/world";
import { momentTold } from "./scripted.ts";

/** What is told at one second. */
interface Told {
  /** How many sessions each listener has brought to the pool so far; one that is written in capitals leads elsewhere. */
  readonly listeners: Readonly<Record<string, number>>;
  /** How many of them each backend has had. */
  readonly backends: Readonly<Record<string, number>>;
  readonly gone?: readonly string[];
}

/** What a page knows that hears that, second by second, and in its first message that one session came in the second before. */
function hearing(seconds: readonly Told[]): World {
  const world = new World();
  for (const [second, { listeners, backends, gone }] of seconds.entries()) {
    const standing = { administrative: { state: { value: "ready" } }, operational: { value: "up" } };
    const told = {
      at: new Date(second * 1_000).toISOString(),
      health: { status: "ok", reasons: [] },
      clients: [],
      moments: second === 0 ? [momentTold(0)] : [],
      news: [],
      listeners: Object.entries(listeners).map(([name, sessions]) => ({
        name: name.toLowerCase(),
        pool: name === name.toLowerCase() ? "p" : "other",
        sessions,
      })),
      pools: [
        {
          name: "p",
          gone,
          backends: Object.entries(backends).map(([name, connected]) => ({
            name,
            active: 0,
            connected,
            ...standing,
          })),
        },
      ],
    } as unknown as Message;
    world.hear(told, second === 0);
  }
  return world;
}

/** The same where one listener has brought in so many, and each backend had so many of them. */
function heard(seconds: readonly (readonly [sessions: number, ...connected: number[]])[]): World {
  return hearing(
    seconds.map(([web, ...connected]) => ({
      listeners: { web },
      backends: Object.fromEntries(connected.map((each, index) => ["abc".charAt(index), each])),
    })),
  );
}

function drawn(world: World) {
  const pool = world.pools.get("p") as LivePool;
  const { coming } = trafficOf(world, pool);
  const shares = targetsOf(pool, coming).map(({ share }) => share && Math.round(share * 100));
  return { coming: coming && Math.round(coming), shares, words: flowWords(world, pool) };
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

describe("before a second message", () => {
  test("what each backend gets is not known, and all that come are those of the last moment", () => {
    const { coming, shares, words } = drawn(heard([[500, 300, 200]]));
    expect([coming, ...shares]).toEqual([1, undefined, undefined]);
    expect(words).toContain("its share of new sessions: a –, b –. The fuller");
  });

  test("not all that come are those of one of two pools", () => {
    const world = hearing([{ listeners: { web: 500, API: 500 }, backends: { a: 300 } }]);
    expect(drawn(world)).toMatchObject({ coming: undefined, shares: [undefined] });
  });

  test("of many backends nothing is counted", () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`n${index}`, index]));
    expect(drawn(hearing([{ listeners: { web: 9 }, backends: many }])).words).toBe(
      "The width of an arrow is its share of new sessions: –.",
    );
  });
});

describe("after a change of the configuration", () => {
  const seconds = (count: number, told: (second: number) => Told) =>
    Array.from({ length: count }, (_, second) => told(second));
  const steady = seconds(5, (at) => ({ listeners: { web: at * 10 }, backends: { a: at * 5, b: at * 5 } }));
  const wordsAfter = (...more: readonly Told[]) => drawn(hearing([...steady, ...more])).words;

  test("what a new backend gets is not known until the next message, and none is said to reach none", () => {
    expect(wordsAfter({ listeners: { web: 50 }, backends: { a: 22, b: 23, c: 5 } })).toMatch(
      /a \d+\u2009%, b \d+\u2009%, c –\. The fuller/,
    );
    const replaced = { listeners: { web: 50 }, backends: { c: 10 }, gone: ["a", "b"] };
    expect(wordsAfter(replaced)).toContain("c –. The fuller");
    expect(wordsAfter(replaced, { listeners: { web: 60 }, backends: { c: 20 } })).toContain(
      "c 100\u2009%. The",
    );
  });

  test("a backend that was put anew in the place of one with its name is a new one", () => {
    expect(wordsAfter({ listeners: { web: 50 }, backends: { a: 2, b: 25 } })).toContain("a –, b ");
  });

  test("a new listener, or one that has got another pool, brings no more than reaches the backends", () => {
    const both = (at: number) => ({ a: 25 + at * 15, b: 25 + at * 15 });
    const joined = seconds(4, (at) => ({
      listeners: { web: 50 + at * 10, api: at * 20 },
      backends: both(at),
    }));
    const moved = seconds(4, (at) => ({
      listeners: { web: 50 + at * 10, api: 900 + at * 20 },
      backends: both(at),
    }));
    const elsewhere = steady.map(({ listeners, backends }, at) => ({
      listeners: { ...listeners, API: 800 + at * 20 },
      backends,
    }));
    for (const before of [1, 2, 3, 4]) {
      expect(wordsAfter(...joined.slice(0, before))).not.toContain("reach no backend");
      const world = hearing([...elsewhere, ...moved.slice(0, before)]);
      expect(drawn(world).words).not.toContain("reach no backend");
    }
  });
});
