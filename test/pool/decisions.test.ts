import { describe, expect, test } from "vitest";
import type { Decision } from "#lb/contract/decision";
import type { Backend } from "#lb/live/backend";
import { Decisions } from "#lb/pool/decisions";
import type { Lease } from "#lb/pool/lease";
import type { Pool } from "#lb/pool/pool";
import type { Waiting } from "#lb/pool/queue";
import { Tried } from "#lb/pool/tried";
import { ManualClock } from "../support/manual-clock.ts";
import { CLIENT, made, member, taken, verdict } from "./pools.ts";

const MINUTE_MS = 60_000;
const EJECTING = { failures: 1, ejectForMs: 10_000, maxEjected: 0.9, earlyMs: 0 };

describe("decisions", () => {
  test("are wanted for a minute after each time they were asked for", () => {
    const clock = new ManualClock();
    const decisions = new Decisions(clock);
    expect(decisions.wanted).toBe(false);
    expect(decisions.latest(10)).toEqual([]);
    clock.advance(MINUTE_MS - 1);
    expect(decisions.wanted).toBe(true);
    decisions.latest(10);
    clock.advance(MINUTE_MS - 1);
    expect(decisions.wanted).toBe(true);
    clock.advance(1);
    expect([decisions.wanted, clock.timers]).toEqual([false, 0]);
  });

  test("are given the latest first, at most so many", () => {
    const decisions = new Decisions(new ManualClock());
    for (const session of ["1", "2", "3"]) decisions.add({ ...DECISION, session });
    expect(sessionsOf(decisions, 2)).toEqual(["3", "2"]);
    expect(sessionsOf(decisions, 0)).toEqual([]);
    expect(sessionsOf(decisions, Infinity)).toEqual(["3", "2", "1"]);
  });

  test("are kept up to a thousand, and then the oldest is forgotten", () => {
    const decisions = new Decisions(new ManualClock());
    for (let n = 1; n <= 1_000; n++) decisions.add({ ...DECISION, session: `${n}` });
    expect(sessionsOf(decisions, Infinity)).toHaveLength(1_000);
    for (let n = 1_001; n <= 2_500; n++) decisions.add({ ...DECISION, session: `${n}` });
    const kept = sessionsOf(decisions, Infinity);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([1_000, "2500", "1501"]);
  });
});

describe("a session's decisions", () => {
  test("are found by its id", () => {
    const decisions = new Decisions(new ManualClock(), () => 9);
    decisions.latest(0);
    for (const session of ["1", "2", "1"]) decisions.add({ ...DECISION, session });
    const log = decisions.ask({ limit: 10, session: "1" }, 1);
    expect(log.decisions.map(({ session }) => session)).toEqual(["1", "1"]);
    expect(log).not.toHaveProperty("unrecorded");
  });

  test("that there are none of are told why", () => {
    let newest = 5;
    const clock = new ManualClock();
    const decisions = new Decisions(clock, () => newest);
    const why = (number: number | undefined) =>
      decisions.ask({ limit: 1, session: number?.toString(36) ?? "?" }, number).unrecorded;
    expect([why(5), why(5), why(6), why(undefined)]).toEqual(["off", "before", "unknown", "unknown"]);
    newest = 6;
    expect(why(6)).toBe("no-choice");
    while (decisions.admits());
    expect(why(6)).toBe("left-out");
    clock.advance(MINUTE_MS);
    expect(why(6)).toBe("off");
    expect(why(6)).toBe("before");
  });
});

test("a hundred decisions are recorded in a second, and the others counted", () => {
  const { pool, clock, decisions } = recorded([member("a")]);
  for (let n = 0; n < 150; n++) taken(pool);
  expect(decisions.ask({ limit: Infinity }, undefined)).toMatchObject({ leftOut: 50 });
  expect(decisions.latest(Infinity)).toHaveLength(100);
  clock.advance(1_000);
  taken(pool);
  expect(decisions.latest(Infinity)).toHaveLength(101);
});

test("decisions that are always recorded are until they are no more, and none after the end", () => {
  const clock = new ManualClock();
  const decisions = new Decisions(clock);
  decisions.always = true;
  clock.advance(2 * MINUTE_MS);
  expect(decisions.ask({ limit: 1 }, undefined).recording).toBe("always");
  decisions.always = false;
  expect([decisions.wanted, decisions.ask({ limit: 1 }, undefined).recording]).toEqual([true, "asked"]);
  clock.advance(MINUTE_MS);
  expect([decisions.wanted, decisions.ask({ limit: 1 }, undefined).recording]).toEqual([false, "off"]);
  decisions.close();
  expect([decisions.wanted, clock.timers]).toEqual([false, 0]);
  decisions.latest(1);
  expect([decisions.wanted, clock.timers]).toEqual([false, 0]);
});

test("a pool records nothing while no decision is wanted", () => {
  const { pool, decisions, clock } = made([member("a")]);
  taken(pool);
  expect(decisions.latest(10)).toEqual([]);
  taken(pool);
  clock.advance(MINUTE_MS);
  taken(pool);
  expect(decisions.latest(10)).toHaveLength(1);
});

test("a decision says which session of which client chose by which algorithm, when, and whom", () => {
  const { pool, clock, decisions } = recorded([member("a"), member("b")], {}, "least-connections");
  clock.advance(5_000);
  taken(pool);
  expect(decisions.latest(1)).toMatchObject([
    {
      session: CLIENT.id,
      atMs: 5_000,
      client: CLIENT.address,
      pool: "main",
      algorithm: "least-connections",
      chosen: "a",
      how: "ranked",
    },
  ]);
});

describe("a decision says how its place came about, or why there was none", () => {
  test("ranked, and then all tried", () => {
    const { pool, decisions } = recorded([member("a")]);
    const tried = new Tried();
    tried.add(taken(pool, tried).backend);
    pool.choose(CLIENT, tried);
    expect(howOf(decisions)).toEqual(["ranked a", "all-tried null"]);
  });

  test("late, on one that came since", () => {
    const { pool, decisions, want } = recorded([member("a"), member("b", { state: "maint" })]);
    const tried = new Tried();
    tried.add(taken(pool, tried).backend);
    want("b", { state: "ready" });
    taken(pool, tried);
    expect(howOf(decisions)).toEqual(["ranked a", "late b"]);
  });

  test("a last resort, or no backend at all", () => {
    const { pool, decisions, want } = recorded([member("a")], {
      outlier: { ...EJECTING, maxEjected: 1, earlyMs: 0 },
    });
    pool.observe(pool.members[0] as Backend, false);
    taken(pool);
    want("a", { state: "maint" });
    pool.choose(CLIENT, new Tried());
    expect(howOf(decisions)).toEqual(["last-resort a", "no-backend null"]);
  });

  test("a retry that the budget refused", () => {
    const { pool, decisions } = recorded([member("a"), member("b")], { retryBudget: { share: 0, min: 0 } });
    const tried = new Tried();
    tried.add(taken(pool, tried).backend);
    pool.choose(CLIENT, tried);
    expect(howOf(decisions)).toEqual(["ranked a", "retry-budget null"]);
  });

  test("queued, once the place is there, and not before", async () => {
    const { pool, decisions } = recorded([member("a", { maxConnections: 1 })]);
    const first = taken(pool);
    const tried = new Tried();
    const waiting = waitingIn(pool, tried);
    expect(howOf(decisions)).toEqual(["ranked a"]);
    first[Symbol.dispose]();
    pool.granted(await waiting.lease, CLIENT, tried);
    expect(howOf(decisions)).toEqual(["ranked a", "queued a"]);
  });

  test("queued, as a retry that the budget refuses", async () => {
    const { pool, decisions } = recorded([member("a", { maxConnections: 1 }), member("b")], {
      retryBudget: { share: 0, min: 1 },
    });
    const first = taken(pool);
    const tried = new Tried();
    tried.add(pool.members[1] as Backend);
    const waiting = waitingIn(pool, tried);
    const other = new Tried();
    other.add(first.backend);
    taken(pool, other);
    first[Symbol.dispose]();
    expect(pool.granted(await waiting.lease, CLIENT, tried)).toBe("retry-budget");
    expect(howOf(decisions)).toEqual(["ranked a", "ranked b", "retry-budget null"]);
  });

  test("the queue was full, or the time in it over", async () => {
    const queue = { max: 1, timeoutMs: 5_000 };
    const { pool, clock, decisions } = recorded([member("a", { maxConnections: 1 })], { queue });
    taken(pool);
    const waiting = waitingIn(pool, new Tried());
    expect(() => pool.choose(CLIENT, new Tried())).toThrow();
    clock.advance(5_000);
    await expect(waiting.lease).rejects.toThrow();
    expect(howOf(decisions)).toEqual(["ranked a", "queue-full null", "queue-timeout null"]);
  });

  test("the pool went while the session waited in it", async () => {
    const { pool, decisions } = recorded([member("a", { maxConnections: 1 })]);
    taken(pool);
    const waiting = waitingIn(pool, new Tried());
    pool.dissolve();
    await expect(waiting.lease).rejects.toMatchObject({ ending: "no-backend" });
    expect(howOf(decisions)).toEqual(["ranked a", "no-backend null"]);
  });
});

describe("the candidates of a decision", () => {
  test("stand in the order chosen, skipped, and the rest, each with why it was passed over", () => {
    const { pool, decisions } = everyReason();
    const tried = new Tried();
    tried.add(taken(pool, tried).backend);
    taken(pool, tried);
    const [latest] = decisions.latest(1);
    expect(latest?.candidates.map(({ backend, passedOver }) => [backend, passedOver])).toEqual([
      ["chosen", undefined],
      ["tried", "tried"],
      ["full", "full"],
      ["down", "down"],
      ["ejected", "ejected"],
      ["draining", "draining"],
      ["maint", "maint"],
      ["light", "weight-0"],
      ["backup", "backup"],
      ["other", "ranked-lower"],
    ]);
    expect(latest?.others).toEqual({});
    const statuses = latest?.candidates.map(({ backend, status }) => [backend, status]);
    expect(Object.fromEntries(statuses ?? [])).toMatchObject({
      chosen: "up",
      tried: "up",
      down: "down",
      ejected: "ejected",
      draining: "draining",
      maint: "maint",
      light: "up",
    });
  });

  test("are 32 at most, and the others are counted by why they were passed over", () => {
    const many = Array.from({ length: 40 }, (_, n) => member(`m${n}`));
    const idle = Array.from({ length: 5 }, (_, n) => member(`w${n}`, { weight: 0 }));
    const { pool, decisions } = recorded([...idle, ...many, member("z", { state: "maint" })]);
    taken(pool);
    const [latest] = decisions.latest(1);
    expect(latest?.candidates).toHaveLength(32);
    expect(latest?.candidates.slice(0, 7).map(({ backend }) => backend)).toEqual([
      "m0",
      "z",
      ...idle.map(({ name }) => name),
    ]);
    expect(latest?.others).toEqual({ "ranked-lower": 46 - 32 });
  });

  test("are as many reasons as there are, also among those that are counted", () => {
    const full = Array.from({ length: 33 }, (_, n) => member(`f${n}`, { maxConnections: 1 }));
    const { pool, decisions } = recorded([...full, member("m", { state: "maint" }), member("free")]);
    for (let n = 0; n < 34; n++) taken(pool);
    const [latest] = decisions.latest(1);
    expect(latest?.chosen).toBe("free");
    expect(latest?.others).toEqual({ full: 2, maint: 1 });
  });

  test("show the numbers that the algorithm saw, before the session counted", () => {
    const { pool, decisions } = recorded([member("a", { weight: 3 }), member("b")], {}, "peak-ewma");
    taken(pool);
    expect(decisions.latest(1)[0]?.candidates).toMatchObject([
      { backend: "a", active: 0, weight: 3, latencyMs: 0 },
      { backend: "b", active: 0, weight: 1, latencyMs: 0 },
    ]);
    taken(pool);
    expect(decisions.latest(1)[0]?.candidates).toMatchObject([
      { backend: "b", active: 0, latencyMs: 0 },
      { backend: "a", active: 1, latencyMs: 30_000 },
    ]);
  });

  test("show the number that made a session wait, of the place that it got in the end", async () => {
    const { pool, clock, decisions } = recorded([member("a", { maxConnections: 2 })]);
    const [first] = [taken(pool), taken(pool)];
    first.connected(CLIENT);
    clock.advance(1_000);
    const tried = new Tried();
    const waiting = waitingIn(pool, tried);
    first[Symbol.dispose]();
    pool.granted(await waiting.lease, CLIENT, tried);
    expect(decisions.latest(1)[0]?.candidates).toMatchObject([{ backend: "a", active: 1, latencyMs: 1_000 }]);
  });

  test("of a session without a place are all passed over", () => {
    const { pool, decisions } = recorded([
      member("a", { state: "drain" }),
      member("b", { weight: 0, backup: true }),
    ]);
    pool.choose(CLIENT, new Tried());
    expect(decisions.latest(1)[0]?.candidates.map(({ passedOver }) => passedOver)).toEqual([
      "draining",
      "weight-0",
    ]);
  });

  test("were not ranked where the session got no place though one was free, or waited for one", async () => {
    const spent = recorded([member("a"), member("b")], { retryBudget: { share: 0, min: 0 } });
    const tried = new Tried();
    tried.add(taken(spent.pool, tried).backend);
    spent.pool.choose(CLIENT, tried);
    const reasons = () => spent.decisions.latest(1)[0]?.candidates.map(({ passedOver }) => passedOver);
    expect(reasons()).toEqual(["tried", "not-ranked"]);
  });

  test("have the time since which they are not up", () => {
    const { pool, clock, decisions } = recorded([member("a"), member("b")]);
    clock.advance(1_000);
    pool.verdict(verdict("a", false));
    clock.advance(1_000);
    taken(pool);
    expect(decisions.latest(1)[0]?.candidates).toEqual([
      { backend: "b", status: "up", active: 0, weight: 1, latencyMs: 0 },
      {
        backend: "a",
        status: "down",
        sinceMs: 1_000,
        active: 0,
        weight: 1,
        latencyMs: 0,
        passedOver: "down",
      },
    ]);
  });

  test("that are backups were ranked lower where a backup was chosen", () => {
    const { pool, decisions } = recorded([member("a", { backup: true }), member("b", { backup: true })]);
    taken(pool);
    expect(decisions.latest(1)[0]?.candidates.map(({ passedOver }) => passedOver)).toEqual([
      undefined,
      "ranked-lower",
    ]);
  });

  test("cross as plain data", () => {
    const { pool, decisions } = everyReason();
    taken(pool);
    const latest = decisions.latest(10);
    expect(structuredClone(latest)).toEqual(latest);
  });
});

const DECISION: Decision = {
  session: "1",
  atMs: 0,
  client: "127.0.0.1",
  pool: "main",
  algorithm: "first",
  chosen: null,
  how: "no-backend",
  candidates: [],
  others: {},
};

/** A pool whose decisions are wanted. */
function recorded(...wanted: Parameters<typeof made>) {
  const all = made(...wanted);
  all.decisions.latest(0);
  return all;
}

/** A pool with a member for each reason to pass one over; `tried` is the first, `chosen` the next that can be had. */
function everyReason() {
  const all = made(
    [
      member("tried"),
      member("full", { maxConnections: 1 }),
      member("down"),
      member("ejected"),
      member("draining", { state: "drain" }),
      member("maint", { state: "maint" }),
      member("light", { weight: 0 }),
      member("chosen"),
      member("other"),
      member("backup", { backup: true }),
    ],
    { outlier: EJECTING },
  );
  const { pool } = all;
  const passing = new Tried();
  passing.add(pool.members[0] as Backend);
  expect(taken(pool, passing).backend.name).toBe("full");
  pool.verdict(verdict("down", false));
  pool.observe(pool.members[3] as Backend, false);
  all.decisions.latest(0);
  return all;
}

/** The place in the queue that a session gets. */
function waitingIn(pool: Pool, tried: Tried): Waiting<typeof CLIENT> {
  const place = pool.choose(CLIENT, tried);
  if (typeof place === "string" || !("lease" in place)) throw new Error("expected a place in the queue");
  return place as Waiting<typeof CLIENT> & { readonly lease: Promise<Lease> };
}

/** The decisions so far, in their order. */
function howOf(decisions: Decisions): string[] {
  return decisions
    .latest(Infinity)
    .map(({ how, chosen }) => `${how} ${chosen}`)
    .reverse();
}

function sessionsOf(decisions: Decisions, limit: number): string[] {
  return decisions.latest(limit).map(({ session }) => session);
}
