import fc from "fast-check";
import { expect, test } from "vitest";
import { roundRobin } from "#lb/algorithms/round-robin";
import type { Backend } from "#lb/live/backend";
import { backendsOf, equalBackends } from "../support/backends.ts";
import { choose, client, names } from "../support/sessions.ts";

test("takes each in turn", () => {
  expect(names(roundRobin(), equalBackends(4), 5)).toBe("s1 s2 s3 s4 s1");
});

test("spreads unequal weights smoothly, as nginx does", () => {
  expect(names(roundRobin(), backendsOf([5, 1, 1]), 14)).toBe("s1 s1 s2 s1 s3 s1 s1 s1 s1 s2 s1 s3 s1 s1");
});

test("gives 10 and 20 of 30 to weights 1 and 2", () => {
  const chosen = names(roundRobin(), backendsOf([1, 2]), 30);
  expect(chosen.match(/s1/g)).toHaveLength(10);
  expect(chosen).not.toMatch(/s1 s1|s2 s2 s2/);
});

test("gives 15 of 30 to each of two, where the third is dead and its sessions read on", () => {
  const backends = equalBackends(3);
  for (const dead of backends) {
    const algorithm = roundRobin();
    const counts = new Map<Backend, number>();
    for (let n = 0; n < 30; n++) {
      const backend = choose(algorithm, backends, n, (backend) => backend === dead);
      counts.set(backend, (counts.get(backend) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([15, 15]);
  }
});

test("spreads the sessions of a dead member over all others also where they read on late", () => {
  const backends = equalBackends(4);
  const [dead, ...others] = backends;
  const algorithm = roundRobin();
  const counts = new Map<Backend, number>(others.map((backend) => [backend, 0]));
  const late: Iterator<Backend>[] = [];
  const end = (backend: Backend) => counts.set(backend, (counts.get(backend) ?? 0) + 1);
  for (let n = 0; n < 240; n++) {
    const ranking = algorithm(backends, client(n))[Symbol.iterator]();
    const backend = ranking.next().value as Backend;
    if (backend === dead) late.push(ranking);
    else end(backend);
    if (late.length > 7) end(late.shift()?.next().value as Backend);
  }
  for (const ranking of late) end(ranking.next().value as Backend);
  expect([...counts.values()]).toEqual([80, 80, 80]);
});

test("goes on where it was when a member leaves, comes back or is added", () => {
  const algorithm = roundRobin();
  const [a, b, c, d, added] = equalBackends(5) as [Backend, Backend, Backend, Backend, Backend];
  expect(names(algorithm, [a, b, c, d], 3)).toBe("s1 s2 s3");
  expect(names(algorithm, [a, c, d], 1)).toBe("s4");
  expect(names(algorithm, [a, c, d], 2)).toBe("s1 s3");
  expect(names(algorithm, [a, c, d, added], 1)).toBe("s4");
  expect(names(algorithm, [a, b, c, d, added], 1)).toBe("s5");
});

test("goes on where it was when equal weights become unequal, and back", () => {
  const algorithm = roundRobin();
  const backends = equalBackends(3);
  expect(names(algorithm, backends, 2)).toBe("s1 s2");
  (backends[2] as Backend).weight = 2;
  expect(names(algorithm, [...backends], 3)).toBe("s3 s3 s1");
  (backends[2] as Backend).weight = 1;
  expect(names(algorithm, [...backends], 3)).toBe("s2 s3 s1");
});

test("gives a newcomer its share at once, whatever was owed to or by those who have left", () => {
  const algorithm = roundRobin();
  const [heavy, light] = backendsOf([2, 1]) as [Backend, Backend];
  for (let n = 0; n < 200; n++) {
    const [newcomer] = equalBackends(1) as [Backend];
    const members = [heavy, light, newcomer];
    let sessions = 1;
    while (choose(algorithm, members) !== newcomer) sessions++;
    expect(sessions).toBeLessThanOrEqual(8);
  }
});

test("a ranking that began before a change does not bring the old members back", () => {
  const algorithm = roundRobin();
  const backends = equalBackends(4);
  const old = algorithm(backends, client(0))[Symbol.iterator]();
  expect((old.next().value as Backend).name).toBe("s1");
  const fewer = backends.slice(0, 3);
  expect(names(algorithm, fewer, 1)).toBe("s2");
  expect((old.next().value as Backend).name).toBe("s2");
  expect(names(algorithm, fewer, 3)).toBe("s3 s1 s2");
});

test("a ranking that reads on after all its members were weighed 0 leaves no trace", () => {
  const algorithm = roundRobin();
  const backends = backendsOf([2, 1, 1]);
  const old = algorithm(backends, client(0))[Symbol.iterator]();
  expect(old.next().done).toBe(false);
  for (const backend of backends) backend.weight = 0;
  for (const _ of backends.slice(1)) expect(old.next().done).toBe(false);
  for (const backend of backends) backend.weight = 1;
  const chosen = names(algorithm, [...backends], 300);
  for (const { name } of backends) expect(chosen.split(name)).toHaveLength(101);
});

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });

test("is never a whole choice ahead of a weight, and even after each round", () => {
  fc.assert(
    fc.property(weights, (weights) => {
      const algorithm = roundRobin();
      const backends = backendsOf(weights);
      const round = weights.reduce((sum, weight) => sum + weight, 0);
      const counts = new Map<Backend, number>(backends.map((backend) => [backend, 0]));
      let furthest = 0;
      let uneven = 0;
      for (let n = 1; n <= 3 * round; n++) {
        const chosen = choose(algorithm, backends);
        counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
        for (const [backend, count] of counts) {
          const ahead = count - (n * backend.weight) / round;
          furthest = Math.max(furthest, ahead);
          if (n % round === 0) uneven = Math.max(uneven, Math.abs(ahead));
        }
      }
      expect(furthest).toBeLessThan(1);
      expect(uneven).toBeCloseTo(0, 9);
    }),
  );
});

test("keeps every share within a few choices while members come, go and change their weights", () => {
  const change = fc.record({
    members: fc.integer({ min: 1, max: 31 }),
    weight: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const algorithm = roundRobin();
      const all = equalBackends(5);
      const due = new Map<Backend, number>(all.map((backend) => [backend, 0]));
      for (const { members, weight } of changes) {
        (all[weight - 1] as Backend).weight = weight;
        const present = all.filter((_, index) => (members >> index) & 1);
        const total = present.reduce((sum, backend) => sum + backend.weight, 0);
        for (let n = 0; n < 3; n++) {
          for (const b of present) due.set(b, (due.get(b) as number) + b.weight / total);
          const chosen = choose(algorithm, present);
          due.set(chosen, (due.get(chosen) as number) - 1);
        }
      }
      for (const owed of due.values()) expect(Math.abs(owed)).toBeLessThan(5);
    }),
  );
});
