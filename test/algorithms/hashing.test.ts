import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashText, mix } from "#lb/algorithms/hash";
import { maglev, maglevTable } from "#lb/algorithms/maglev";
import { sourceHash } from "#lb/algorithms/source-hash";
import type { Backend } from "#lb/live/backend";
import { backendsOf, equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { choose, client } from "../support/sessions.ts";

const clients = Array.from({ length: 300 }, (_, n) => n);
const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 12 });

describe("source-hash", () => {
  test("moves the clients of a backend that leaves, and no other", () => {
    fc.assert(
      fc.property(weights, fc.nat(11), (weights, which) => {
        const algorithm = sourceHash();
        const all = backendsOf(weights);
        const gone = all[which % all.length];
        const others = all.filter((backend) => backend !== gone);
        const stayed = clients.filter((n) => choose(algorithm, all, n) !== gone);
        const moved = stayed.filter((n) => choose(algorithm, others, n) !== choose(algorithm, all, n));
        expect(moved).toEqual([]);
      }),
    );
  });

  test("sends the clients of a backend that leaves where a session that found it dead went", () => {
    const algorithm = sourceHash();
    const all = equalBackends(6);
    const [gone, ...others] = all;
    const isGone = (backend: Backend) => backend === gone;
    const elsewhere = clients.filter(
      (n) => choose(algorithm, others, n) !== choose(algorithm, all, n, isGone),
    );
    expect(elsewhere).toEqual([]);
  });

  test("moves clients only towards a backend whose weight grows", () => {
    fc.assert(
      fc.property(weights, fc.nat(11), fc.integer({ min: 1, max: 50 }), (weights, which, more) => {
        const algorithm = sourceHash();
        const all = backendsOf(weights);
        const grown = all[which % all.length] as Backend;
        const before = clients.map((n) => choose(algorithm, all, n));
        grown.weight += more;
        const heavier = [...all];
        const after = clients.map((n) => choose(algorithm, heavier, n));
        expect(clients.filter((n) => after[n] !== before[n] && after[n] !== grown)).toEqual([]);
      }),
    );
  });
});

function sharesOf(table: Int16Array, backends: readonly Backend[]): number[] {
  const counts = new Array<number>(backends.length).fill(0);
  for (const index of table) counts[index] = (counts[index] as number) + 1;
  return counts;
}

describe("maglev", () => {
  test("gives every backend its part of the table, to within an entry", () => {
    const weight = fc.oneof(
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0.01, max: 1_000, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(weight, { minLength: 1, maxLength: 40 }), (weights) => {
        const backends = backendsOf(weights);
        const table = maglevTable(backends);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (const [index, count] of sharesOf(table, backends).entries()) {
          expect(Math.abs(count - ((weights[index] as number) / total) * table.length)).toBeLessThan(1.001);
        }
      }),
      { numRuns: 20 },
    );
  });

  test.each([3, 10, 50])("moves few entries but those of the backend that leaves: one of %d", (count) => {
    const all = equalBackends(count);
    const others = all.slice(1);
    const before = maglevTable(all);
    const after = maglevTable(others);
    const moved = before.filter(
      (owner, entry) => owner !== 0 && all[owner] !== others[after[entry] as number],
    );
    expect(moved.length / before.length).toBeLessThan(0.04);
    // What it leaves behind is spread over all others.
    const inherited = sharesOf(
      after.filter((_, entry) => before[entry] === 0),
      others,
    );
    const fair = before.length / count / others.length;
    for (const inheritance of inherited) expect(inheritance / fair).toBeGreaterThan(0.5);
  });

  test("takes a larger table where a hundred entries each would not fit", () => {
    expect(maglevTable(equalBackends(600))).toHaveLength(65_537);
    const many = equalBackends(700);
    const table = maglevTable(many);
    expect(table).toHaveLength(655_373);
    expect(Math.min(...sharesOf(table, many))).toBeGreaterThan(930);
  });

  test("spreads the clients of a dead backend over all others", () => {
    const algorithm = maglev(new ManualClock());
    const all = equalBackends(5);
    const counts = new Map<Backend, number>();
    for (let n = 0; n < 5_000; n++) {
      const [first, second] = [...algorithm(all, client(n))] as [Backend, Backend];
      if (first === all[0]) counts.set(second, (counts.get(second) ?? 0) + 1);
    }
    expect(counts.size).toBe(4);
    for (const count of counts.values()) expect(count).toBeGreaterThan(200);
  });
});

describe("the hash", () => {
  test("moves half of the output bits for each input bit", () => {
    for (let bit = 0; bit < 32; bit++) {
      let flipped = 0;
      for (let n = 0; n < 1_000; n++) {
        const changed = (mix(n * 2_654_435_761) ^ mix((n * 2_654_435_761) ^ (1 << bit))) >>> 0;
        flipped += changed.toString(2).replaceAll("0", "").length;
      }
      expect(flipped / 1_000 / 32).toBeCloseTo(0.5, 1);
    }
  });

  test("gives neighbouring addresses different numbers, all over the range", () => {
    const hashes = Array.from({ length: 65_536 }, (_, n) => hashText(client(n).address));
    // By chance alone 65 536 of 2^32 share a number about once in two such sets.
    expect(new Set(hashes).size).toBeGreaterThan(65_530);
    const buckets = new Array<number>(64).fill(0);
    for (const hash of hashes) buckets[hash >>> 26] = (buckets[hash >>> 26] as number) + 1;
    for (const count of buckets) expect(Math.abs(count - 1_024)).toBeLessThan(160);
  });
});
