import { describe, expect, test } from "vitest";
import { algorithms } from "#lb/algorithms/index";
import { type AlgorithmName, algorithmNames } from "#lb/contract/algorithm";
import { seededDice } from "#lb/core/dice";
import { backendsOf } from "../support/backends.ts";
import { counting } from "../support/counting.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { choose } from "../support/sessions.ts";

const MEMBERS = 1_000;
const scan = 8 * MEMBERS;

/** How often the first choice may look at a backend, once it has seen the version. */
const equal: Record<AlgorithmName, number> = {
  "round-robin": 1,
  "least-connections": scan,
  random: 1,
  p2c: 3,
  "peak-ewma": scan,
  "source-hash": scan,
  maglev: 1,
  first: 1,
};
const unequal: Record<AlgorithmName, number> = { ...equal, "round-robin": scan };

const one = new Array<number>(MEMBERS).fill(1);
const weights = { equal: one, unequal: one.map((_, index) => 1 + (index % 3)) };

describe.each([
  ["equal", equal],
  ["unequal", unequal],
] as const)("with %s weights, the first choice neither sorts nor copies:", (kind, limits) => {
  test.each(algorithmNames)("%s", (name) => {
    const algorithm = algorithms[name].create({ clock: new ManualClock(), dice: seededDice(1) });
    const counter = counting(backendsOf(weights[kind]));
    choose(algorithm, counter.backends);
    for (let n = 0; n < 20; n++) {
      counter.reads = 0;
      choose(algorithm, counter.backends, n);
      expect(counter.reads).toBeLessThanOrEqual(limits[name]);
    }
  });
});
