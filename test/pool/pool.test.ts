import { expect, test } from "vitest";
import { algorithmNames } from "#lb/contract/algorithm";
import type { Absence } from "#lb/contract/decision";
import type { Backend } from "#lb/live/backend";
import { Lease } from "#lb/pool/lease";
import type { Pool } from "#lb/pool/pool";
import { Waiting } from "#lb/pool/queue";
import { Tried } from "#lb/pool/tried";
import { CLIENT, made, member, OTHER, settings, taken, verdict } from "./pools.ts";

const EJECTING = { failures: 1, ejectForMs: 10_000, maxEjected: 0.5, earlyMs: 0 };

test("chooses only members that may get something new", () => {
  const { pool, want } = made([
    member("a"),
    member("b", { state: "drain" }),
    member("c", { weight: 0 }),
    member("d"),
  ]);
  expect(ranked(pool)).toEqual(["a", "d"]);
  want("a", { state: "maint" });
  want("c", { weight: 1 });
  expect(ranked(pool)).toEqual(["c", "d"]);
});

test("keeps its members by their identity, in an array that is replaced whole", () => {
  const { pool } = made([member("a"), member("b")]);
  const before = [...pool.members];
  pool.update(settings([member("b"), member("c")]));
  expect(pool.members[0]).toBe(before[1]);
  expect(before.map(({ name }) => name)).toEqual(["a", "b"]);
});

test("takes a backend of the same name at another address for another backend", () => {
  const { pool } = made([member("a")]);
  const before = pool.members[0];
  pool.update(settings([{ ...member("a"), endpoint: OTHER }]));
  expect(pool.members[0]).not.toBe(before);
});

test("a weight set while a backend starts slowly does not give it all of it at once", () => {
  const { pool, clock, want } = made([member("a", { weight: 10 })], { slowStartMs: 10_000 });
  pool.verdict(verdict("a", false));
  pool.verdict(verdict("a", true));
  clock.advance(2_000);
  want("a", { maxConnections: 7 });
  expect(pool.members[0]?.weight).toBe(3);
  want("a", { weight: 20 });
  expect(pool.members[0]?.weight).toBe(6);
});

test("says how a place came about: in the order of the ranking, late, queued, or as a last resort", async () => {
  const { pool } = made(
    [member("a", { maxConnections: 1 }), member("b"), member("c", { maxConnections: 1 })],
    {
      outlier: EJECTING,
    },
  );
  const tried = new Tried();
  const first = taken(pool, tried);
  expect([first.backend.name, first.how]).toEqual(["a", "ranked"]);
  tried.add(first.backend);
  pool.observe(pool.members[1] as Backend, false);
  const second = taken(pool, tried);
  expect([second.backend.name, second.how]).toEqual(["c", "ranked"]);
  const waiting = pool.choose(CLIENT, new Tried()) as Waiting<typeof CLIENT>;
  second[Symbol.dispose]();
  const third = await waiting.lease;
  expect([third.backend.name, third.how]).toEqual(["c", "queued"]);
  tried.add(third.backend);
  using fourth = taken(pool, tried);
  expect([fourth.backend.name, fourth.how]).toEqual(["b", "last-resort"]);
});

test("a backend that was removed since the ranking began is not chosen, though its slot is another's by now", () => {
  const { pool, counts } = made([member("a"), member("b"), member("c")]);
  const tried = new Tried();
  tried.add(taken(pool, tried).backend);
  const [, removed] = pool.members as [Backend, Backend, Backend];
  pool.update(settings([member("a"), member("c")]));
  const { slot } = removed;
  expect(counts.claim()).toBe(slot);
  counts.usable[slot] = 1;
  expect(taken(pool, tried).backend.name).toBe("c");
});

test("finds a backend that came while another was dialled", () => {
  const { pool } = made([member("a")]);
  const tried = new Tried();
  tried.add(taken(pool, tried).backend);
  pool.update(settings([member("a"), member("z")]));
  using late = taken(pool, tried);
  expect([late.backend.name, late.how]).toEqual(["z", "late"]);
});

test.each(algorithmNames)("%s finds the one free backend behind a thousand full ones", (algorithm) => {
  const full = Array.from({ length: 1_000 }, (_, n) => member(`full-${n}`, { maxConnections: 1 }));
  const { pool } = made(full, {}, algorithm);
  for (let n = 0; n < 1_000; n++) taken(pool);
  expect(pool.choose(CLIENT, new Tried())).toBeInstanceOf(Waiting);
  pool.update({ ...settings([...full, member("free")]), algorithm });
  for (let n = 0; n < 10; n++) expect(taken(pool).backend.name).toBe("free");
});

test("a pool of thousands changes in parts, and serves after each with the members that it counts", () => {
  const named = (name: string) => Array.from({ length: 5_000 }, (_, n) => member(`${name}-${n}`));
  const { pool } = made(named("old"));
  const next = settings(named("new"));
  let parts = 0;
  for (const _ of pool.updating(next)) {
    parts += 1;
    expect(pool.condition.census.usable).toBe(pool.members.length);
    expect(new Set(pool.members).size).toBe(pool.members.length);
    using lease = taken(pool);
    expect(pool.members).toContain(lease.backend);
  }
  expect(parts).toBeGreaterThan(2);
  expect(pool.members.map(({ name }) => name)).toEqual(next.backends.map(({ name }) => name));
});

test("tells why there is no place", () => {
  const { pool, want } = made([member("a"), member("b")], { retryBudget: { share: 0, min: 1 } });
  const tried = new Tried();
  tried.add(taken(pool, tried).backend);
  tried.add(taken(pool, tried).backend);
  expect(pool.choose(CLIENT, tried)).toBe("all-tried" satisfies Absence);
  const other = new Tried();
  other.add(taken(pool, other).backend);
  expect(pool.choose(CLIENT, other)).toBe("retry-budget" satisfies Absence);
  want("a", { state: "maint" });
  want("b", { state: "maint" });
  expect(pool.choose(CLIENT, new Tried())).toBe("no-backend" satisfies Absence);
});

test("a retry that the budget refuses gives its place back", () => {
  const { pool } = made([member("a"), member("b")], { retryBudget: { share: 0, min: 0 } });
  const tried = new Tried();
  tried.add(taken(pool, tried).backend);
  expect(pool.choose(CLIENT, tried)).toBe("retry-budget");
  expect(pool.members.map(({ active }) => active)).toEqual([1, 0]);
});

test("gives the slots of its members back when it dissolves", () => {
  const { pool, counts } = made([member("a"), member("b")]);
  const slots = pool.members.map(({ slot }) => slot).sort();
  pool.dissolve();
  expect([counts.claim(), counts.claim()].sort()).toEqual(slots);
  expect(ranked(pool)).toEqual([]);
});

test("keeps the counts of a member whose name gets a second address", () => {
  const { pool } = made([member("web", { entry: "web" })]);
  const [stayed] = pool.members;
  using _held = taken(pool);
  pool.update(
    settings([
      { ...member("web@127.0.0.1"), entry: "web" },
      { ...member("web@127.0.0.2"), entry: "web", endpoint: OTHER },
    ]),
  );
  expect(pool.members[0]).toBe(stayed);
  expect(pool.members.map(({ name, active }) => [name, active])).toEqual([
    ["web@127.0.0.1", 1],
    ["web@127.0.0.2", 0],
  ]);
});

test("finds members by their name and by that of their entry, removed ones with sessions too", () => {
  const { pool } = made([{ ...member("web@127.0.0.1"), entry: "web" }, member("a")]);
  using _held = taken(pool);
  pool.update(settings([member("a")]));
  expect(pool.named("web").map(({ name }) => name)).toEqual(["web@127.0.0.1"]);
  expect(pool.named("web@127.0.0.1")).toHaveLength(1);
  expect(pool.named("nobody")).toEqual([]);
});

test("what was found of a backend is not said of the one that took its name at another address", () => {
  const { pool } = made([{ ...member("a"), endpoint: OTHER }]);
  expect(pool.verdict(verdict("a", false))).toBe(false);
  expect(standings(pool)).toEqual(["up"]);
  expect(pool.verdict(verdict("a", false, OTHER))).toBe(true);
  expect(standings(pool)).toEqual(["down"]);
});

test("what was found of a backend is said of it also where it is called otherwise by now", () => {
  const { pool } = made([{ ...member("web@127.0.0.1"), entry: "web" }, member("other")]);
  expect(pool.verdict(verdict("web", false))).toBe(true);
  expect(standings(pool)).toEqual(["down", "up"]);
});

test("a backend that left while it was dialled is no member's outlier", () => {
  const outlier = { failures: 3, ejectForMs: 10_000, maxEjected: 0.5, earlyMs: 0 };
  const { pool, changes } = made([member("a"), member("b"), member("c")], { outlier });
  const [gone] = pool.members;
  pool.update({ ...settings([member("b"), member("c")]), outlier });
  for (let i = 0; i < 10; i++) pool.observe(gone as Backend, false);
  expect(changes).toEqual([]);
});

test("a backend that comes back while it has sessions is the one that left, with its counts and what it measured", () => {
  const { pool, drained } = made([member("a", { maxConnections: 2 }), member("b")]);
  const [left] = pool.members as [Backend];
  const old = taken(pool);
  pool.update(settings([member("b")]));
  pool.update(settings([member("a", { maxConnections: 2 }), member("b")]));
  expect(pool.members[0]).toBe(left);
  using _new = taken(pool);
  using elsewhere = taken(pool);
  expect(elsewhere.backend.name).toBe("b");
  old[Symbol.dispose]();
  expect(drained).toEqual([]);
  expect(left.active).toBe(1);
});

test("a backend that has come back keeps its slot when its last session ends, and gives it back once when it leaves again", () => {
  const { pool, counts } = made([member("a")]);
  const lease = taken(pool);
  pool.update(settings([]));
  pool.update(settings([member("a")]));
  lease[Symbol.dispose]();
  expect(counts.taken).toBe(1);
  pool.update(settings([]));
  expect(counts.taken).toBe(0);
});

test("a backend that left its pool keeps its slot until its last session has ended", () => {
  const { pool, counts } = made([member("a")]);
  const [one, two] = [taken(pool), taken(pool)];
  pool.update(settings([]));
  one[Symbol.dispose]();
  expect(counts.taken).toBe(1);
  two[Symbol.dispose]();
  expect(counts.taken).toBe(0);
});

test("a backend that comes back after its last session ended is a new one", () => {
  const { pool, counts, drained } = made([member("a")]);
  const [left] = pool.members as [Backend];
  const lease = taken(pool);
  pool.update(settings([]));
  lease[Symbol.dispose]();
  expect(drained).toEqual(["a"]);
  pool.update(settings([member("a")]));
  expect(pool.members[0]).not.toBe(left);
  expect(counts.taken).toBe(1);
});

test("a backend that comes back is taken to be well, at once and in full, and as its settings say by now", () => {
  const { pool, clock } = made([member("a", { weight: 10 }), member("b")], {
    slowStartMs: 10_000,
    outlier: EJECTING,
  });
  using held = taken(pool);
  expect(held.backend.name).toBe("a");
  pool.verdict(verdict("a", false));
  pool.observe(pool.members[0] as Backend, false);
  pool.update({ ...settings([member("b")]), slowStartMs: 10_000 });
  pool.update({ ...settings([member("a", { weight: 10 }), member("b")]), slowStartMs: 10_000 });
  expect(pool.members[0]).toMatchObject({ active: 1, usable: true, weight: 10 });
  expect(clock.timers).toBe(0);
});

test("a backend that comes back only to drain has drained since it left", () => {
  const { pool, drained } = made([member("a")]);
  const lease = taken(pool);
  pool.update(settings([]));
  pool.update(settings([member("a", { state: "drain" })]));
  lease[Symbol.dispose]();
  expect(drained).toEqual(["a"]);
});

test.each(["drain", "maint"] as const)(
  "tells why a backend is ejected and for how much longer when it is wanted ready after %s",
  (state) => {
    const { pool, clock, changes, want } = made([member("a"), member("b")], { outlier: EJECTING });
    pool.observe(pool.members[0] as Backend, false);
    want("a", { state });
    clock.advance(4_000);
    want("a", { state: "ready" });
    expect(changes.at(-1)).toMatchObject({ state: "ejected", reason: "1 failed dial", forMs: 6_000 });
    clock.advance(6_000);
    expect(changes.at(-1)).toMatchObject({ state: "up", reason: "ejection over" });
  },
);

test("tells why a backend is ejected and for how much longer when its probes pass again", () => {
  const { pool, clock, changes } = made([member("a"), member("b")], { outlier: EJECTING });
  pool.observe(pool.members[0] as Backend, false);
  pool.verdict(verdict("a", false));
  clock.advance(4_000);
  pool.verdict(verdict("a", true));
  expect(changes.at(-1)).toMatchObject({ state: "ejected", reason: "1 failed dial", forMs: 6_000 });
});

test("an ejection that is over by then is not told of", () => {
  const { pool, clock, changes, want } = made([member("a"), member("b")], { outlier: EJECTING });
  pool.observe(pool.members[0] as Backend, false);
  want("a", { state: "drain" });
  clock.advance(10_000);
  want("a", { state: "ready" });
  expect(changes.at(-1)).toMatchObject({ state: "up", reason: "configured" });
  expect(changes.at(-1)).not.toHaveProperty("forMs");
});

test("sends home the sessions that wait in a pool that is removed", async () => {
  const { pool } = made([member("a", { maxConnections: 1 })]);
  using _held = taken(pool);
  const waiting = pool.choose(CLIENT, new Tried()) as Waiting<typeof CLIENT>;
  pool.dissolve();
  await expect(waiting.lease).rejects.toMatchObject({ ending: "no-backend" });
});

test("a reload leaves a slow start where it is, and a backend that becomes ready begins one", () => {
  const { pool, clock, want } = made([member("a", { state: "maint", weight: 10 })], { slowStartMs: 10_000 });
  want("a", { state: "ready" });
  expect(pool.members[0]?.weight).toBe(1);
  clock.advance(2_000);
  want("a", { maxConnections: 7 });
  expect(pool.members[0]?.weight).toBe(3);
});

test("in a large pool, one that fails is skipped at once and leaves the array within 10 ms", () => {
  const many = Array.from({ length: 200 }, (_, n) => member(`m${n}`));
  const { pool, clock } = made(many);
  pool.verdict(verdict("m0", false));
  expect(taken(pool).backend.name).toBe("m1");
  clock.advance(10);
  expect(taken(pool).how).toBe("ranked");
});

/** The backends that one session gets when each of them fails it, by name. */
function ranked(pool: Pool): string[] {
  const tried = new Tried();
  const names: string[] = [];
  for (;;) {
    const place = pool.choose(CLIENT, tried);
    if (!(place instanceof Lease)) return names.sort();
    names.push(place.backend.name);
    tried.add(place.backend);
    place[Symbol.dispose]();
  }
}

function standings(pool: Pool): string[] {
  return pool.members.map((each) => pool.condition.of(each).status);
}

test("a session that waits is given the last resort before one that comes later", async () => {
  const { pool } = made([member("a", { maxConnections: 1 }), member("b", { maxConnections: 1 })], {
    outlier: EJECTING,
  });
  const [a] = pool.members as [Backend, Backend];
  pool.observe(pool.members[1] as Backend, false);
  const held = taken(pool);
  const first = pool.choose(CLIENT, new Tried()) as Waiting<typeof CLIENT>;
  const second = pool.choose(CLIENT, new Tried()) as Waiting<typeof CLIENT>;
  pool.verdict(verdict("a", false));
  const lease = await first.lease;
  expect([lease.backend.name, lease.how]).toEqual(["b", "last-resort"]);
  expect(pool.choose(CLIENT, new Tried())).toBe("no-backend");
  lease[Symbol.dispose]();
  const next = await second.lease;
  expect([next.backend.name, next.how]).toEqual(["b", "last-resort"]);
  expect(pool.queued).toBe(0);
  held[Symbol.dispose]();
  expect(a.active).toBe(0);
});

test("a session that waits is not given the last resort while a usable backend is left for it", async () => {
  const { pool } = made([member("a", { maxConnections: 1 }), member("b")], { outlier: EJECTING });
  pool.observe(pool.members[1] as Backend, false);
  using held = taken(pool);
  const waiting = pool.choose(CLIENT, new Tried()) as Waiting<typeof CLIENT>;
  pool.observe(pool.members[1] as Backend, false);
  expect(pool.queued).toBe(1);
  held[Symbol.dispose]();
  using lease = await waiting.lease;
  expect([lease.backend.name, lease.how]).toEqual(["a", "queued"]);
});
