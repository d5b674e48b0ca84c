import { describe, expect, test } from "vitest";
import { type AlgorithmName, algorithmNames } from "#lb/contract/algorithm";
import type { BackendSettings } from "#lb/contract/backend";
import type { Decision, Unrecorded } from "#lb/contract/decision";
import type { PoolSettings } from "#lb/contract/pool";
import { explained, whyUnrecorded } from "#lb/control/explain";
import type { Backend } from "#lb/live/backend";
import type { Waiting } from "#lb/pool/queue";
import { Tried } from "#lb/pool/tried";
import { CLIENT, made, member, taken, verdict } from "../pool/pools.ts";

const EJECTING = { failures: 1, ejectForMs: 10_000, maxEjected: 1, earlyMs: 0 };
/** The clock begins at midnight. */
const NOON_MS = 43_200_000;

describe("a choice by a ranking is told by the rule of its algorithm", () => {
  const sentences: Readonly<Record<AlgorithmName, (chosen: string, other: string) => string>> = {
    "round-robin": () => "its turn, of 2",
    "least-connections": (_, other) => `0 sessions, the fewest of 2; ${other} had 1 session`,
    random: () => "drawn at random, of 2",
    p2c: () => "0 sessions, and the other of two drawn at random had no fewer",
    "peak-ewma": (_, other) =>
      `0 ms to wait with 0 sessions, the soonest of 2; ${other} had 30.0s to wait with 1 session`,
    "source-hash": () => "where the address 127.0.0.1 leads by its hash, of 2",
    maglev: () => "where the table leads the address 127.0.0.1, of 2",
    first: () => "the first as they are written, of 2 that could be had",
  };

  test.each(algorithmNames)("%s", (algorithm) => {
    const { pool, clock, told } = recorded([member("a"), member("b")], {}, algorithm);
    taken(pool);
    clock.advance(5_000);
    const { name } = taken(pool).backend;
    expect(told()).toBe(`${name}: ${sentences[algorithm](name, name === "a" ? "b" : "a")}`);
  });

  test("by weight, where weights differ", () => {
    const members = [member("a", { weight: 3 }), member("b")];
    const sentence = (algorithm: AlgorithmName) => {
      const { pool, told } = recorded(members, {}, algorithm);
      taken(pool);
      return told();
    };
    expect(sentence("round-robin")).toBe("a: its turn by weight, of 2");
    expect(sentence("random")).toMatch(/^[ab]: drawn at random by weight, of 2$/);
    expect(sentence("p2c")).toMatch(/^[ab]: 0 sessions at weight [13], and the other/);
    expect(sentence("least-connections")).toBe(
      "a: 0 sessions at weight 3, the fewest of 2 by weight; b had as few, and it was the turn of a",
    );
  });

  test.each(algorithmNames)("%s, where there is one backend alone", (algorithm) => {
    const { pool, told } = recorded([member("a")], {}, algorithm);
    taken(pool);
    expect(told()).toMatch(/^a: /);
    expect(told()).not.toMatch(/\bb\b|undefined|NaN/);
  });

  test("and counts those that the decision does not list", () => {
    const many = Array.from({ length: 100 }, (_, n) => member(`m${n}`));
    const { pool, told } = recorded(many, {}, "round-robin");
    taken(pool);
    expect(told()).toBe("m0: its turn, of 100");
  });

  test("much the same waits are told so", () => {
    const { pool, told } = recorded([member("a"), member("b")], {}, "peak-ewma");
    taken(pool);
    expect(told()).toBe(
      "a: 0 ms to wait with 0 sessions, the soonest of 2; b had 0 ms to wait with 0 sessions, much the same",
    );
  });
});

describe("what was passed over is told, with why and since when", () => {
  test("one by one, and more than three of a kind by their number", () => {
    const { pool, clock, told } = recorded([
      member("a", { maxConnections: 1 }),
      member("b"),
      ...["c", "d", "e", "f", "g"].map((name) => member(name)),
      member("h", { state: "drain" }),
      member("i", { weight: 0 }),
      member("j", { backup: true }),
    ]);
    clock.advance(NOON_MS);
    taken(pool);
    for (const name of ["c", "d", "e", "f", "g"]) pool.verdict(verdict(name, false));
    clock.advance(3_600_000);
    taken(pool);
    expect(told()).toBe(
      [
        "b: the first as they are written, of 1 that could be had",
        "a has no place",
        "c is down since 12:00 UTC",
        "d is down since 12:00 UTC",
        "e is down since 12:00 UTC",
        "the same holds of 2 more",
        "h is draining since 00:00 UTC",
        "i has weight 0",
        "j is a backup",
      ].join("; "),
    );
  });

  test("with the day where it was another", () => {
    const { pool, clock, told } = recorded([member("a"), member("b")]);
    clock.advance(NOON_MS);
    pool.verdict(verdict("a", false));
    clock.advance(86_400_000);
    taken(pool);
    expect(told()).toMatch(/; a is down since 1970-01-01 12:00 UTC$/);
  });
});

describe("each way to a place, and each absence of one, has its sentence", () => {
  test("late, after one that was dialled in vain", () => {
    const { pool, told, want } = recorded([member("a"), member("b", { state: "maint" })]);
    const tried = new Tried();
    tried.add(taken(pool, tried).backend);
    want("b", { state: "ready" });
    taken(pool, tried);
    expect(told()).toBe(
      "b: the first as they are written, of 1 that could be had; ranked anew, as the first ranking had none left; a was dialled before, in vain",
    );
  });

  test("queued", async () => {
    const { pool, told } = recorded([member("a", { maxConnections: 1 }), member("b", { maxConnections: 1 })]);
    const held = taken(pool);
    taken(pool);
    const waiting = pool.choose(CLIENT, new Tried()) as Waiting<typeof CLIENT>;
    held[Symbol.dispose]();
    pool.granted(await waiting.lease, CLIENT, new Tried());
    expect(told()).toBe("a: the first place that became free for it in the queue; b has no place");
  });

  test("a last resort", () => {
    const { pool, told } = recorded([member("a")], { outlier: EJECTING });
    pool.observe(pool.members[0] as Backend, false);
    taken(pool);
    expect(told()).toBe("a: ejected, but the last resort, as nothing else was left");
  });

  test("no backend, all tried, a budget that is used up", () => {
    const budget = { retryBudget: { share: 0, min: 0 } };
    const { pool, told, want } = recorded([member("a"), member("b")], budget);
    const tried = new Tried();
    tried.add(taken(pool, tried).backend);
    pool.choose(CLIENT, tried);
    expect(told()).toBe(
      "no backend: the retries of the last 10 s have used up their budget; a was dialled before, in vain",
    );
    tried.add(pool.members[1] as Backend);
    pool.choose(CLIENT, tried);
    expect(told()).toMatch(
      /^no backend: all that may get a session were dialled in vain; a was dialled .+; b was/,
    );
    want("a", { state: "maint" });
    want("b", { state: "maint" });
    pool.choose(CLIENT, new Tried());
    expect(told()).toMatch(
      /^no backend: none may get a session; a is in maintenance since .+; b is in maint/,
    );
  });

  test("a full queue, and a wait in vain", async () => {
    const queue = { max: 1, timeoutMs: 1_000 };
    const { pool, clock, told } = recorded([member("a", { maxConnections: 1 })], { queue });
    taken(pool);
    const { lease } = pool.choose(CLIENT, new Tried()) as Waiting<typeof CLIENT>;
    expect(() => pool.choose(CLIENT, new Tried())).toThrow();
    expect(told()).toBe(
      "no backend: all that may get a session are full, and so is the queue; a has no place",
    );
    clock.advance(1_000);
    await expect(lease).rejects.toThrow();
    expect(told()).toBe("no backend: no place became free in the queue's time; a has no place");
  });
});

test.each<[Unrecorded, RegExp]>([
  ["off", /^it was not recorded, because recording was off; decisions are recorded for a minute after/],
  ["before", /^it was not recorded: it came before recording began; .+ `admin: \{ decisions: always \}`$/],
  ["left-out", /^it was not recorded: more than 100 chose/],
  ["no-choice", /^it has not chosen/],
  ["unknown", /^there was no such session$/],
])("says why there is no decision of a session, and how to record one: %s", (unrecorded, sentence) => {
  const log = { decisions: [], recording: "asked", leftOut: 0 } as const;
  expect(whyUnrecorded({ ...log, unrecorded })).toMatch(sentence);
  expect(whyUnrecorded(log)).toBeUndefined();
});

/** A pool whose decisions are recorded; `told`: the sentence of the latest. */
function recorded(
  backends: readonly BackendSettings[],
  more: Partial<PoolSettings> = {},
  algorithm: AlgorithmName = "first",
) {
  const all = made(backends, more, algorithm);
  all.decisions.always = true;
  const told = () => explained(all.decisions.latest(1)[0] as Decision);
  return { ...all, told };
}
