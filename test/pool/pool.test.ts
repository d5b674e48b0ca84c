import { expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import type { Backend, BackendSettings } from "#lb/core/backend";
import { Counts } from "#lb/core/counts";
import { seededDice } from "#lb/core/dice";
import type { Verdict } from "#lb/health/verdict";
import type { Drained } from "#lb/pool/drain-log";
import type { Lease } from "#lb/pool/lease";
import { Pool } from "#lb/pool/pool";
import type { PoolSettings } from "#lb/pool/settings";
import type { StateChange } from "#lb/pool/state-log";
import { plainBackend } from "../support/backends.ts";
import { plainPool } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";

const CLIENT = { address: "127.0.0.1" };
const ONE = { kind: "tcp", host: "127.0.0.1", port: 1 } as const;
const OTHER = { kind: "tcp", host: "127.0.0.2", port: 1 } as const;
const EJECTING = { failures: 1, ejectForMs: 10_000, maxEjected: 0.5 };

test("ranks only members that may get something new", () => {
  const { pool } = made([
    member("a"),
    member("b", { state: "drain" }),
    member("c", { weight: 0 }),
    member("d"),
  ]);
  expect(ranked(pool)).toEqual(["a", "d"]);
  pool.adjust("a", { state: "maint" });
  pool.adjust("c", { weight: 1 });
  expect(ranked(pool)).toEqual(["c", "d"]);
});

test("hands the algorithm a new array when a member changes, and the same one otherwise", () => {
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

test("says so when there is no such backend to adjust", () => {
  const { pool } = made([member("a")]);
  expect(pool.adjust("nobody", { weight: 3 })).toBeUndefined();
  expect(pool.adjust("a", { weight: 3 })).toBe(pool.members[0]);
});

test("keeps what an operator set through new settings, unless they say something new of that backend", () => {
  const { pool } = made([member("a"), member("b")]);
  pool.adjust("a", { state: "drain", weight: 5 });
  pool.update({ ...settings([member("a"), member("b", { weight: 2 })]), connectMs: 1 });
  expect(pool.members[0]).toMatchObject({ state: "drain", weight: 5 });
  expect(pool.members[1]).toMatchObject({ weight: 2 });
  pool.update(settings([member("a", { weight: 3 })]));
  expect(pool.members[0]).toMatchObject({ state: "ready", weight: 3 });
});

test("a weight set while a backend starts slowly does not give it all of it at once", () => {
  const { pool, clock } = made([member("a", { weight: 10 })], { slowStartMs: 10_000 });
  pool.verdict(verdict("a", false));
  pool.verdict(verdict("a", true));
  clock.advance(2_000);
  pool.adjust("a", { maxConnections: 7 });
  expect(pool.members[0]?.weight).toBe(3);
  pool.update({ ...settings([member("a", { weight: 10 })]), slowStartMs: 10_000, connectMs: 1 });
  expect(pool.members[0]?.weight).toBe(3);
});

test("allows a retry only where there is another backend to try, and charges it to the budget when it is dialled", () => {
  const { pool } = made([member("a"), member("b")], { retryBudget: { share: 0, min: 1 } });
  expect(pool.mayRetry(pool.members)).toBe(false);
  expect(pool.mayRetry(pool.members.slice(1))).toBe(true);
  expect(pool.mayRetry(pool.members.slice(1))).toBe(true);
  expect([pool.dials(false), pool.dials(true), pool.dials(true)]).toEqual([true, true, false]);
  expect(pool.mayRetry(pool.members.slice(1))).toBe(false);
});

test("gives the slots of its members back when it dissolves", () => {
  const { pool, counts } = made([member("a"), member("b")]);
  const slots = pool.members.map(({ slot }) => slot).sort();
  pool.dissolve();
  expect([counts.claim(), counts.claim()].sort()).toEqual(slots);
  expect(ranked(pool)).toEqual([]);
});

test("keeps counts and wishes of a member whose name gets a second address", () => {
  const { pool } = made([member("web", { entry: "web" })]);
  const [stayed] = pool.members;
  using _held = pool.lease(stayed as Backend);
  pool.adjust("web", { weight: 5 });
  pool.update(
    settings([
      { ...member("web@127.0.0.1"), entry: "web" },
      { ...member("web@127.0.0.2"), entry: "web", endpoint: OTHER },
    ]),
  );
  expect(pool.members[0]).toBe(stayed);
  expect(pool.members.map(({ name, active, weight }) => [name, active, weight])).toEqual([
    ["web@127.0.0.1", 1, 5],
    ["web@127.0.0.2", 0, 1],
  ]);
});

test("keeps an operator's wish until the backend is configured differently", () => {
  const { pool } = made([member("a")]);
  pool.adjust("a", { state: "drain" });
  pool.update(settings([member("a")]));
  expect(ranked(pool)).toEqual([]);
  pool.update(settings([member("a", { weight: 2 })]));
  expect(ranked(pool)).toEqual(["a"]);
});

test("what was found of a backend is not said of the one that took its name at another address", () => {
  const { pool } = made([{ ...member("a"), endpoint: OTHER }]);
  expect(pool.verdict(verdict("a", false))).toBe(false);
  expect(pool.members[0]?.alive).toBe(true);
  expect(pool.verdict(verdict("a", false, OTHER))).toBe(true);
  expect(pool.members[0]?.alive).toBe(false);
});

test("what was found of a backend is said of it also where it is called otherwise by now", () => {
  const { pool } = made([{ ...member("web@127.0.0.1"), entry: "web" }, member("other")]);
  expect(pool.verdict(verdict("web", false))).toBe(true);
  expect(pool.members.map(({ alive }) => alive)).toEqual([false, true]);
});

test("a backend that left while it was dialled is nobody's outlier", () => {
  const outlier = { failures: 3, ejectForMs: 10_000, maxEjected: 0.5 };
  const { pool, changes } = made([member("a"), member("b"), member("c")], { outlier });
  const [gone] = pool.members;
  pool.update({ ...settings([member("b"), member("c")]), outlier });
  for (let i = 0; i < 10; i++) pool.observe(gone as Backend, false);
  expect(changes).toEqual([]);
});

test("a backend that comes back while it has sessions is the one that left, with its counts and what it measured", () => {
  const { pool, drained } = made([member("a", { maxConnections: 2 }), member("b")]);
  const [left] = pool.members as [Backend];
  const old = pool.lease(left) as Lease;
  pool.update(settings([member("b")]));
  pool.update(settings([member("a", { maxConnections: 2 }), member("b")]));
  expect(pool.members[0]).toBe(left);
  using _new = pool.lease(left);
  expect(pool.lease(left)).toBeUndefined();
  old[Symbol.dispose]();
  expect(drained).toEqual([]);
  expect(left.active).toBe(1);
});

test("a backend that has come back keeps its slot when its last session ends, and gives it back once when it leaves again", () => {
  const { pool, counts } = made([member("a")]);
  const [left] = pool.members as [Backend];
  const lease = pool.lease(left) as Lease;
  pool.update(settings([]));
  pool.update(settings([member("a")]));
  lease[Symbol.dispose]();
  expect(counts.taken).toBe(1);
  pool.update(settings([]));
  expect(counts.taken).toBe(0);
});

test("a backend that comes back after its last session ended is a new one", () => {
  const { pool, counts, drained } = made([member("a")]);
  const [left] = pool.members as [Backend];
  const lease = pool.lease(left) as Lease;
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
  using _held = pool.lease(pool.members[0] as Backend);
  pool.adjust("a", { state: "drain", weight: 5 });
  pool.verdict(verdict("a", false));
  pool.observe(pool.members[0] as Backend, false);
  pool.update({ ...settings([member("b")]), slowStartMs: 10_000 });
  pool.update({ ...settings([member("a", { weight: 10 }), member("b")]), slowStartMs: 10_000 });
  expect(pool.members[0]).toMatchObject({ active: 1, usable: true, weight: 10 });
  expect(clock.timers).toBe(0);
});

test("a backend that comes back only to drain has drained since it left", () => {
  const { pool, drained } = made([member("a")]);
  const lease = pool.lease(pool.members[0] as Backend) as Lease;
  pool.update(settings([]));
  pool.update(settings([member("a", { state: "drain" })]));
  lease[Symbol.dispose]();
  expect(drained).toEqual(["a"]);
});

test.each([
  ["an operator lets it serve again", { state: "drain" }, { state: "ready" }],
  ["the file does", { state: "maint" }, undefined],
] as const)("tells why a backend is ejected and for how much longer when %s", (_, wish, over) => {
  const { pool, clock, changes } = made([member("a"), member("b")], { outlier: EJECTING });
  pool.observe(pool.members[0] as Backend, false);
  pool.adjust("a", wish);
  clock.advance(4_000);
  if (over === undefined)
    pool.update({ ...settings([member("a", { weight: 2 }), member("b")]), outlier: EJECTING });
  else pool.adjust("a", over);
  expect(changes.at(-1)).toMatchObject({ state: "ejected", reason: "1 failed dial", forMs: 6_000 });
  clock.advance(6_000);
  expect(changes.at(-1)).toMatchObject({ state: "up", reason: "ejection over" });
});

test("tells why a backend is ejected and for how much longer when its probes pass again", () => {
  const { pool, clock, changes } = made([member("a"), member("b")], { outlier: EJECTING });
  pool.observe(pool.members[0] as Backend, false);
  pool.verdict(verdict("a", false));
  clock.advance(4_000);
  pool.verdict(verdict("a", true));
  expect(changes.at(-1)).toMatchObject({ state: "ejected", reason: "1 failed dial", forMs: 6_000 });
});

test("an ejection that is over by then is not told of", () => {
  const { pool, clock, changes } = made([member("a"), member("b")], { outlier: EJECTING });
  pool.observe(pool.members[0] as Backend, false);
  pool.adjust("a", { state: "drain" });
  clock.advance(10_000);
  pool.adjust("a", { state: "ready" });
  expect(changes.at(-1)).toMatchObject({ state: "up", reason: "set by an operator" });
  expect(changes.at(-1)).not.toHaveProperty("forMs");
});

test("sends home who waits in a pool that is removed", async () => {
  const { pool } = made([member("a", { maxConnections: 1 })]);
  using _held = pool.lease(pool.members[0] as Backend);
  const waiting = pool.wait(CLIENT, [], 0);
  pool.dissolve();
  await expect(waiting?.place).rejects.toMatchObject({ ending: "no-backend" });
});

test("a reload leaves a slow start where it is, and the file's ready begins one", () => {
  const { pool, clock } = made([member("a", { state: "maint", weight: 10 })], { slowStartMs: 10_000 });
  const update = (more: Partial<BackendSettings>) =>
    pool.update({ ...settings([member("a", { weight: 10, ...more })]), slowStartMs: 10_000 });
  update({});
  expect(pool.members[0]?.weight).toBe(1);
  clock.advance(2_000);
  update({ maxConnections: 7 });
  expect(pool.members[0]?.weight).toBe(3);
});

function made(backends: readonly BackendSettings[], more: Partial<PoolSettings> = {}) {
  const counts = new Counts();
  const clock = new ManualClock();
  const changes: StateChange[] = [];
  const drained: string[] = [];
  const told = {
    onStateChange: (change: StateChange) => void changes.push(change),
    onDrained: ({ backend }: Drained) => void drained.push(backend),
    onNothingUsable: () => {},
    onNobodyAnswered: () => {},
    onOwnFault: () => {},
  };
  const parts = { clock, dice: seededDice(1), counts, ...told };
  const pool = new Pool({ ...settings(backends), ...more }, parts);
  return { pool, counts, clock, changes, drained };
}

function settings(backends: readonly BackendSettings[]): PoolSettings {
  return { ...plainPool, algorithm: "first", backends };
}

function member(name: string, more: Partial<BackendSettings> = {}): BackendSettings {
  return { ...plainBackend, name, endpoint: ONE, ...more };
}

function verdict(entry: string, alive: boolean, endpoint: Endpoint = ONE): Verdict {
  return { pool: "main", entry, endpoint, alive, reason: "told so" };
}

function ranked(pool: Pool): string[] {
  return [...pool.rank(CLIENT)].map(({ name }) => name).sort();
}
