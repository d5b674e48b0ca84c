import fc from "fast-check";
import { expect, test } from "vitest";
import { changes } from "#lb/admin/live/changes";
import type { Message } from "#lb/admin/page/wire";
import { World } from "#lb/admin/page/world";
import type { Status } from "#lb/control/status";
import { atOnce } from "#lb/core/slices";

type Backend = Status["pools"][number]["backends"][number];

const AT = Date.parse("2026-01-01T00:00:00.000Z");

/** A backend as far as these rules look at it. */
function backendOf(name: string, active: number, connected: number, sinceMs: number): Backend {
  const since = new Date(AT + sinceMs).toISOString();
  const state = { value: "ready", source: "file", since, file: "ready" };
  return {
    name,
    active,
    connected,
    share: active / 100,
    answeredAgoMs: active,
    administrative: { state },
    operational: { value: "up", source: "probe", since, reason: "1 probe passed" },
  } as unknown as Backend;
}

function statusOf(backends: readonly Backend[], algorithm = "random"): Status {
  const pool = { name: "p", algorithm, queued: 0, active: 0, usable: 0, queueMax: 0, backends };
  const listener = { name: "web", pool: "p", active: backends.length, endings: {} };
  return { listeners: [listener], pools: [pool] } as unknown as Status;
}

function messageOf(before: Status | undefined, after: Status): Message {
  const at = new Date(AT).toISOString();
  const others = { at, health: { status: "ok", reasons: [] }, clients: [], moments: [], news: [] };
  return { ...others, ...JSON.parse(`{${atOnce(changes(before, after))}}`) };
}

const anyBackends = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "__proto__"),
    active: fc.nat(3),
    connected: fc.nat(3),
    sinceMs: fc.constantFrom(0, 5_000, 90_000),
  }),
  { selector: ({ name }) => name },
);

test("what a reader puts together from changes is the status itself", () => {
  fc.assert(
    fc.property(fc.array(anyBackends, { minLength: 1 }), (rounds) => {
      const world = new World();
      let before: Status | undefined;
      for (const round of rounds) {
        const backends = round.map((each) => backendOf(each.name, each.active, each.connected, each.sinceMs));
        const after = statusOf(backends);
        world.hear(messageOf(before, after), before === undefined);
        before = after;
        const { backends: all, ...pool } = after.pools[0] as Status["pools"][number];
        expect(world.listeners.map(({ told }) => told)).toEqual(after.listeners);
        expect(world.pools.get("p")?.told).toEqual(pool);
        const known = [...(world.pools.get("p")?.backends.values() ?? [])].map(({ told }) => told);
        expect(new Map(known.map((each) => [each.name, each]))).toEqual(
          new Map(all.map((each) => [each.name, each])),
        );
      }
    }),
  );
});

test("of a backend of which nothing changed nothing is told, though time passes and others get sessions", () => {
  const before = statusOf([backendOf("a", 1, 1, 0), backendOf("b", 0, 0, 0)]);
  const later = backendOf("b", 0, 0, 1);
  const after = statusOf([backendOf("a", 2, 2, 0), { ...later, share: 0.9, answeredAgoMs: 5 }]);
  const [pool] = messageOf(before, after).pools;
  expect(pool).toEqual({
    name: "p",
    backends: [{ name: "a", active: 2, connected: 2, share: 0.02, answeredAgoMs: 2 }],
  });
});

test("a backend that is gone is named, and an algorithm that changed is told", () => {
  const before = statusOf([backendOf("a", 0, 0, 0), backendOf("b", 0, 0, 0)]);
  const after = statusOf([backendOf("b", 0, 0, 0)], "first");
  expect(messageOf(before, after).pools).toEqual([
    { name: "p", algorithm: "first", backends: [], gone: ["a"] },
  ]);
});
