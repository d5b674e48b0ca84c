import fc from "fast-check";
import { expect, test } from "vitest";
import { byConnections } from "#lb/algorithms/least";
import { Lottery } from "#lb/algorithms/lottery";
import { p2c } from "#lb/algorithms/p2c";
import { type Dice, seededDice } from "#lb/core/dice";
import type { Backend } from "#lb/live/backend";
import { backendsOf, equalBackends, hold } from "../support/backends.ts";
import { choose } from "../support/sessions.ts";

const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 20 });

test("never picks the busier of its two", () => {
  fc.assert(
    fc.property(weights, fc.array(fc.nat(19), { maxLength: 50 }), fc.integer(), (weights, held, seed) => {
      const backends = backendsOf(weights);
      for (const index of held) hold(backends[index % backends.length] as Backend);
      const looked: Backend[] = [];
      const load = (backend: Backend) => {
        looked.push(backend);
        return byConnections(backend);
      };
      const chosen = choose(p2c(load, seededDice(seed)), backends);
      expect(new Set(looked).size).toBe(2);
      expect(byConnections(chosen)).toBe(Math.min(...looked.map(byConnections)));
    }),
  );
});

test("never picks the busiest of all", () => {
  const backends = equalBackends(5);
  hold(backends[3] as Backend);
  const algorithm = p2c(byConnections, seededDice(1));
  for (let n = 0; n < 500; n++) expect(choose(algorithm, backends, n)).not.toBe(backends[3]);
});

test("keeps 10 000 held connections over 100 backends close together, where chance alone would not", () => {
  const backends = equalBackends(100);
  const algorithm = p2c(byConnections, seededDice(1));
  for (let n = 0; n < 10_000; n++) hold(choose(algorithm, backends, n));
  const actives = backends.map((backend) => backend.active);
  expect(Math.max(...actives) - Math.min(...actives)).toBeLessThan(10);
});

test("draws the second by weight among the others", () => {
  const lottery = new Lottery(backendsOf([5, 1, 3]));
  const dice = seededDice(1);
  const drawn = Array.from({ length: 10_000 }, () => lottery.drawOther(0, dice));
  expect(new Set(drawn)).toEqual(new Set([1, 2]));
  expect(drawn.filter((index) => index === 2).length / drawn.length).toBeCloseTo(0.75, 1);
});

test("draws two different ones at the edges of the dice too, whatever the weights", () => {
  const edge = fc.constantFrom(0, 2 ** -53, 0.5, 1 - 2 ** -53);
  const weight = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
  fc.assert(
    fc.property(fc.array(weight, { minLength: 2, maxLength: 9 }), edge, edge, (weights, one, other) => {
      const throws = [one, other];
      const dice: Dice = () => throws.shift() as number;
      const lottery = new Lottery(backendsOf(weights));
      const drawn = lottery.draw(dice);
      expect(lottery.drawOther(drawn, dice)).not.toBe(drawn);
    }),
    { numRuns: 1_000 },
  );
});
