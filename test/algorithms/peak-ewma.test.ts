import { expect, test } from "vitest";
import { peakEwma } from "#lb/algorithms/peak-ewma";
import { seededDice } from "#lb/core/dice";
import type { Backend } from "#lb/live/backend";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { names } from "../support/sessions.ts";
import { type Behaviour, Simulation } from "./simulation.ts";

function simulate(
  count: number,
  behaviour: (backend: Backend, backends: readonly Backend[]) => ReturnType<Behaviour>,
) {
  const clock = new ManualClock();
  const backends = equalBackends(count, clock);
  return new Simulation(clock, peakEwma(), backends, (backend) => behaviour(backend, backends));
}

test("leaves a slow backend, and finds it again once it is fast", () => {
  const dice = seededDice(3);
  let slowMs = 100;
  const pool = simulate(4, (backend, [slow]) => (backend === slow ? slowMs : 2) * (0.5 + dice()));
  expect(pool.run(10_000, 10)[0]).toBeLessThan(0.02);
  slowMs = 2;
  pool.run(20_000, 10);
  expect(pool.run(10_000, 10)[0]).toBeGreaterThan(0.15);
});

test("tries a slow backend again and again, at the cost of few sessions", () => {
  const pool = simulate(3, (backend, [slow]) => (backend === slow ? 50 : 1));
  const share = pool.run(300_000, 50)[0] as number;
  expect(share).toBeGreaterThan(0.001);
  expect(share).toBeLessThan(0.02);
});

test.each([
  ["a little noise", (dice: number) => 2 + dice],
  ["exponential noise", (dice: number) => -5 * Math.log(1 - dice)],
  ["a rare long stall", (dice: number) => (dice < 0.005 ? 200 : 2)],
])("starves none of five equal ones with %s", (_, answerMs) => {
  const dice = seededDice(5);
  for (const everyMs of [100, 10, 2]) {
    const shares = simulate(5, () => answerMs(dice())).run(30_000, everyMs);
    expect(Math.min(...shares)).toBeGreaterThan(0.1);
  }
});

test.each([
  ["nearly equal ones", 9, 11, "s1 s2 s1 s2"],
  ["equally bad ones", 40_000, 400_000, "s1 s2 s1 s2"],
  ["ones that differ by less than the noise", 0.05, 0.9, "s1 s2 s1 s2"],
  ["no ones that differ", 10, 40, "s1 s1 s1 s1"],
])("lets %s take turns: %d and %d ms", (_, oneMs, otherMs, expected) => {
  const backends = equalBackends(2);
  for (const [index, ms] of [oneMs, otherMs].entries()) {
    backends[index]?.latency.waits();
    backends[index]?.latency.answered(ms);
  }
  expect(names(peakEwma(), backends, 4)).toBe(expected);
});

test("leaves a backend that connects and never answers, before any answer could tell", () => {
  const pool = simulate(3, (backend, [silent]) => (backend === silent ? Infinity : 100));
  expect(pool.run(10_000, 2)[0]).toBeLessThan(0.02);
});

test("does not take a backend that refuses at once for a fast one", () => {
  const pool = simulate(3, (backend, [dead]) => (backend === dead ? "refuses" : 5));
  expect(pool.run(20_000, 10)[0]).toBeLessThan(0.01);
});

test("does not herd: a burst with nothing known goes to all alike", () => {
  const pool = simulate(4, () => 2);
  for (let n = 0; n < 100; n++) pool.begin();
  expect(pool.backends.map((backend) => backend.active)).toEqual([25, 25, 25, 25]);
});

test("does not herd: the fastest gets more of a burst, not all of it", () => {
  const pool = simulate(4, (backend, [fast]) => (backend === fast ? 2 : 8));
  pool.run(5_000, 10);
  for (let n = 0; n < 100; n++) pool.begin();
  const [fast, ...others] = pool.backends.map((backend) => backend.active) as [number, ...number[]];
  expect(fast).toBeLessThan(75);
  for (const other of others) expect(other).toBeGreaterThanOrEqual(5);
});

test("does not herd to a newcomer of which nothing is known", () => {
  const clock = new ManualClock();
  const backends = equalBackends(4, clock);
  const algorithm = peakEwma();
  new Simulation(clock, algorithm, backends.slice(0, 3), () => 100).run(5_000, 2);
  const grown = new Simulation(clock, algorithm, backends, () => 100);
  for (let n = 0; n < 20; n++) grown.begin();
  expect(backends[3]?.active).toBe(1);
  grown.run(200, 2);
  expect(grown.run(2_000, 2)[3]).toBeLessThan(0.4);
});
