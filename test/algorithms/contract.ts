import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Algorithm } from "#lb/algorithms/algorithm";
import type { AlgorithmEntry } from "#lb/algorithms/index";
import { seededDice } from "#lb/core/dice";
import type { Backend } from "#lb/live/backend";
import { backendsOf, equalBackends, hold } from "../support/backends.ts";
import { collectGarbage } from "../support/garbage.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { choose, client } from "../support/sessions.ts";

/** What is expected of one algorithm where they differ. */
export interface Expected {
  /** The share of each backend, by their weights. */
  readonly shares: (weights: readonly number[]) => readonly number[];
  /** How far from its share a backend may be after 3 000 sessions: a few sessions for turns, chance for draws. */
  readonly within: number;
  /** For those that keep a client with its backend: the part of the others' clients that may move when one leaves. */
  readonly moves?: number;
}

/** The shares of those that follow the weights. */
export const byWeight: Expected["shares"] = (weights) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};

const SESSIONS = 3_000;

/** What a session does with the backend it ends up with: leave before the next one comes, or stay. */
const manners = { "sessions that leave": () => {}, "sessions that stay": hold };

/** The rules that every algorithm keeps. */
export function keepsTheContract(entry: AlgorithmEntry, expected: Expected): void {
  const create = () => entry.create({ clock: new ManualClock(), dice: seededDice(7) });

  test("makes nothing of nothing", () => {
    expect([...create()([], client(1))]).toEqual([]);
  });

  test("ranks each backend once", () => {
    const algorithm = create();
    const backends = equalBackends(7);
    for (let n = 0; n < 50; n++) {
      const ranking = [...algorithm(backends, client(n))];
      expect(ranking.map((backend) => backend.name).sort()).toEqual(backends.map((backend) => backend.name));
    }
  });

  test("leaves the array as it is", () => {
    const backends = backendsOf([3, 1, 2]);
    const before = [...backends];
    const algorithm = create();
    for (let n = 0; n < 50; n++) for (const _ of algorithm(Object.freeze(backends), client(n)));
    expect(backends.every((backend, index) => backend === before[index])).toBe(true);
  });

  test("describes itself in one sentence", () => {
    expect(entry.description).toMatch(/^[a-z][^.\n]{20,}$/);
  });

  for (const [manner, stay] of Object.entries(manners)) {
    for (const weights of [
      [1, 1, 1, 1],
      [5, 1, 1],
      [1, 2],
      [100, 300],
      [0.5, 0.25, 0.25],
    ]) {
      test(`gives its share to each of ${weights.join(":")}, ${manner}`, () => {
        const backends = backendsOf(weights);
        expectShares(run(create(), backends, { stay }), backends);
      });
    }

    test(`gives the share of a missing member to all others, ${manner}`, () => {
      const backends = backendsOf([1, 2, 1, 2]).filter((_, index) => index !== 1);
      expectShares(run(create(), backends, { stay }), backends);
    });

    test(`gives the share of a member that is read past to all others, ${manner}`, () => {
      const backends = backendsOf([1, 2, 1, 2]);
      const [dead, ...others] = backends;
      expectShares(run(create(), backends, { stay, skips: (backend) => backend === dead }), others);
    });

    test(`gives the shares of two neighbours that are read past to all others, ${manner}`, () => {
      const backends = equalBackends(5);
      const dead = backends.slice(0, 2);
      expectShares(run(create(), backends, { stay, skips: (b) => dead.includes(b) }), backends.slice(2));
    });
  }

  test("gives a member that comes back its share, not a flood", () => {
    const algorithm = create();
    const all = equalBackends(4);
    run(algorithm, all, { sessions: 101 });
    run(algorithm, all.slice(1), { sessions: 1_001 });
    expectShares(run(algorithm, [...all], { from: 50_000 }), all);
  });

  test("gives a member that comes and goes no more than its share", () => {
    const algorithm = create();
    const all = equalBackends(4);
    const counts = new Map<Backend, number>();
    for (let n = 0; n < SESSIONS; n += 120) {
      run(algorithm, [...all], { sessions: 81, from: n, counts });
      run(algorithm, all.slice(1), { sessions: 39, from: n + 81 });
    }
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const [share] = expected.shares([1, 1, 1, 1]) as [number];
    expect(Math.abs((counts.get(all[0] as Backend) ?? 0) / total - share)).toBeLessThan(0.04);
  });

  test("forgets a backend that has left", async () => {
    const algorithm = create();
    const backends = equalBackends(3);
    const gone = leave(algorithm, backends);
    // The engine keeps what was touched in this turn alive.
    await turn();
    collectGarbage();
    expect(gone.deref()).toBeUndefined();
    expect(choose(algorithm, backends)).toBeDefined();
  });

  if (expected.moves !== undefined) staysWithItsBackend(create, expected.moves);

  function expectShares(counts: ReadonlyMap<Backend, number>, backends: readonly Backend[]): void {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const shares = expected.shares(backends.map((backend) => backend.weight));
    for (const [index, backend] of backends.entries()) {
      const off = Math.abs((counts.get(backend) ?? 0) / total - (shares[index] as number));
      expect(off, `${backend.name}: ${counts.get(backend)} of ${total}`).toBeLessThanOrEqual(expected.within);
    }
  }
}

function staysWithItsBackend(create: () => Algorithm, moves: number): void {
  test("keeps a client with its backend, in another process too", () => {
    const [one, another] = [create(), create()];
    const backends = equalBackends(5);
    const theirs = equalBackends(5);
    for (let n = 0; n < 200; n++) {
      const backend = choose(one, backends, n);
      expect(choose(one, backends, n)).toBe(backend);
      expect(choose(another, theirs, n).name).toBe(backend.name);
    }
  });

  test("moves few clients but those of the backend that leaves, and brings them back", () => {
    const algorithm = create();
    const all = equalBackends(6);
    const others = all.filter((_, index) => index !== 2);
    const before = Array.from({ length: SESSIONS }, (_, n) => choose(algorithm, all, n));
    const stayed = before.map((backend, n) => backend === choose(algorithm, others, n));
    const moved = stayed.filter((same, n) => !same && before[n] !== all[2]).length;
    expect(moved / SESSIONS).toBeLessThanOrEqual(moves);
    const again = [...all];
    expect(before.every((backend, n) => choose(algorithm, again, n) === backend)).toBe(true);
  });

  test("keeps clients where they are when the backends are written in another order", () => {
    const algorithm = create();
    const all = equalBackends(6);
    const turned = all.toReversed();
    const same = Array.from({ length: SESSIONS }, (_, n) => n).filter(
      (n) => choose(algorithm, all, n) === choose(algorithm, turned, n),
    );
    expect(same.length / SESSIONS).toBeGreaterThanOrEqual(1 - 3 * moves);
  });
}

interface Run {
  readonly sessions?: number;
  readonly from?: number;
  readonly stay?: (backend: Backend) => unknown;
  readonly skips?: (backend: Backend) => boolean;
  readonly counts?: Map<Backend, number>;
}

/** Sessions of as many clients, one after the other; how many ended up with each backend. */
function run(algorithm: Algorithm, backends: readonly Backend[], options: Run): Map<Backend, number> {
  const { sessions = SESSIONS, from = 0, stay, skips, counts = new Map() } = options;
  for (let n = from; n < from + sessions; n++) {
    const backend = choose(algorithm, backends, n, skips);
    stay?.(backend);
    counts.set(backend, (counts.get(backend) ?? 0) + 1);
  }
  return counts;
}

/** Ranks a further backend together with those given, then those alone. */
function leave(algorithm: Algorithm, backends: readonly Backend[]): WeakRef<Backend> {
  const [, , , gone] = equalBackends(4) as [Backend, Backend, Backend, Backend];
  for (let n = 0; n < 10; n++) for (const _ of algorithm([...backends, gone], client(n)));
  for (let n = 0; n < 10; n++) for (const _ of algorithm(backends, client(n)));
  return new WeakRef(gone);
}
