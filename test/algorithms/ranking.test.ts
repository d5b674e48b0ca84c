import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Algorithm } from "#lb/algorithms/algorithm";
import { algorithms } from "#lb/algorithms/index";
import { type AlgorithmName, algorithmNames } from "#lb/contract/algorithm";
import { seededDice } from "#lb/core/dice";
import type { Backend } from "#lb/live/backend";
import { backendsOf, hold } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { client } from "../support/sessions.ts";

interface Ranking {
  readonly members: readonly Backend[];
  readonly reading: Iterator<Backend>;
  readonly read: Backend[];
}

/** Sessions that read their rankings by turns, while members and connections come and go. */
class Story {
  readonly rankings: Ranking[] = [];
  readonly #algorithm: Algorithm;
  readonly #all: readonly Backend[];
  #members: readonly Backend[];

  constructor(name: AlgorithmName, weights: readonly number[], seed: number) {
    const clock = new ManualClock();
    this.#algorithm = algorithms[name].create({ clock, dice: seededDice(seed) });
    this.#all = backendsOf(weights, clock);
    this.#members = this.#all;
  }

  readonly events = {
    begin: (n: number) => {
      const reading = this.#algorithm(this.#members, client(n))[Symbol.iterator]();
      this.rankings.push({ members: this.#members, reading, read: [] });
    },
    read: (n: number) => {
      const ranking = this.rankings[n % this.rankings.length];
      if (ranking) this.readOn(ranking);
    },
    replace: (n: number) => {
      this.#members = this.#all.filter((backend, index) => backend.usable && (n >> index) & 1);
    },
    weigh: (n: number) => {
      (this.#all[n % this.#all.length] as Backend).weight = n % 5;
      this.#members = this.#all.filter((backend) => backend.usable);
    },
    hold: (n: number) => {
      hold(this.#all[n % this.#all.length] as Backend);
    },
  };

  readOn({ reading, read }: Ranking): boolean {
    const { done, value } = reading.next();
    if (!done) read.push(value);
    return !done;
  }
}

function namesOf(backends: readonly Backend[]): string[] {
  return backends.map((backend) => backend.name).sort();
}

const weight = fc.oneof(fc.integer({ min: 1, max: 256 }), fc.double({ min: 0.01, max: 10, noNaN: true }));
const weights = fc.array(weight, { minLength: 1, maxLength: 12 });
const kind = fc.constantFrom("begin", "read", "read", "read", "replace", "weigh", "hold");
const events = fc.array(fc.tuple(kind, fc.nat(5_000)), { maxLength: 60 });

describe("ranks each backend once, whatever the weights, however rankings and changes interleave:", () => {
  test.each(algorithmNames)("%s, also where all weights fell to 0 before it was read", (name) => {
    const story = new Story(name, [1, 2], 1);
    story.events.begin(0);
    for (const n of [0, 5]) story.events.weigh(n);
    const [ranking] = story.rankings as [Ranking];
    while (story.readOn(ranking));
    expect(namesOf(ranking.read)).toEqual(["s1", "s2"]);
  });

  test.each(algorithmNames)("%s", (name) => {
    const property = fc.property(weights, events, fc.integer(), (weights, events, seed) => {
      const story = new Story(name, weights, seed);
      for (const [kind, n] of events) story.events[kind](n);
      for (const ranking of story.rankings) {
        while (story.readOn(ranking));
        expect(namesOf(ranking.read)).toEqual(namesOf(ranking.members));
      }
    });
    // Each version costs maglev a table.
    fc.assert(property, { numRuns: name === "maglev" ? 10 : 100 });
  });
});
