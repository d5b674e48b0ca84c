import { expect, test } from "vitest";
import type { BackendSettings } from "#lb/core/backend";
import { Counts } from "#lb/core/counts";
import { seededDice } from "#lb/core/dice";
import { Pool } from "#lb/pool/pool";
import type { PoolSettings } from "#lb/pool/settings";
import { plainBackend } from "../support/backends.ts";
import { plainPool } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";

const CLIENT = { address: "127.0.0.1" };

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
  pool.update(settings([{ ...member("a"), endpoint: { kind: "tcp", host: "127.0.0.1", port: 2 } }]));
  expect(pool.members[0]).not.toBe(before);
});

test("says so when there is no such backend to adjust", () => {
  const { pool } = made([member("a")]);
  expect(pool.adjust("nobody", { weight: 3 })).toBe(false);
  expect(pool.adjust("a", { weight: 3 })).toBe(true);
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
  pool.verdict("a", false, "");
  pool.verdict("a", true, "");
  clock.advance(2_000);
  pool.adjust("a", { maxConnections: 7 });
  expect(pool.members[0]?.weight).toBe(3);
  pool.update({ ...settings([member("a", { weight: 10 })]), slowStartMs: 10_000, connectMs: 1 });
  expect(pool.members[0]?.weight).toBe(3);
});

test("charges a retry to the budget only where there is another backend to try", () => {
  const { pool } = made([member("a"), member("b")], { retryBudget: { share: 0, min: 1 } });
  expect(pool.mayRetry(pool.members)).toBe(false);
  expect(pool.mayRetry(pool.members.slice(1))).toBe(true);
  expect(pool.mayRetry(pool.members.slice(1))).toBe(false);
});

test("gives the slots of its members back when it dissolves", () => {
  const { pool, counts } = made([member("a"), member("b")]);
  const slots = pool.members.map(({ slot }) => slot).sort();
  pool.dissolve();
  expect([counts.claim(), counts.claim()].sort()).toEqual(slots);
  expect(ranked(pool)).toEqual([]);
});

function made(backends: readonly BackendSettings[], more: Partial<PoolSettings> = {}) {
  const counts = new Counts();
  const clock = new ManualClock();
  const silent = { onStateChange: () => {}, onNothingUsable: () => {} };
  const parts = { clock, dice: seededDice(1), counts, ...silent };
  const pool = new Pool({ ...settings(backends), ...more }, parts);
  return { pool, counts, clock };
}

function settings(backends: readonly BackendSettings[]): PoolSettings {
  return { ...plainPool, algorithm: "first", backends };
}

function member(name: string, more: Partial<BackendSettings> = {}): BackendSettings {
  return { ...plainBackend, name, endpoint: { kind: "tcp", host: "127.0.0.1", port: 1 }, ...more };
}

function ranked(pool: Pool): string[] {
  return [...pool.rank(CLIENT)].map(({ name }) => name).sort();
}
