import type { AlgorithmName } from "../contract/algorithm.ts";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import type { Algorithm } from "./algorithm.ts";
import { first } from "./first.ts";
import { byConnections, least } from "./least.ts";
import { maglev } from "./maglev.ts";
import { p2c } from "./p2c.ts";
import { peakEwma } from "./peak-ewma.ts";
import { random } from "./random.ts";
import { roundRobin } from "./round-robin.ts";
import { sourceHash } from "./source-hash.ts";

/** What an algorithm may be made of. */
interface Parts {
  readonly clock: Clock;
  readonly dice: Dice;
}

/** One line of the table. */
export interface AlgorithmEntry {
  /** One sentence for a person who has to choose. */
  readonly description: string;
  /** A new instance, with a memory of its own: one for each sequence of arrays that follow one another. */
  readonly create: (parts: Parts) => Algorithm;
}

/** All algorithms: the one place that command, configuration and docs read them from. */
export const algorithms: Readonly<Record<AlgorithmName, AlgorithmEntry>> = {
  "round-robin": {
    description: "each backend in turn, spread smoothly by weight",
    create: () => roundRobin(),
  },
  "least-connections": {
    description: "the backend with the fewest sessions per weight; equal ones take turns by weight",
    create: () => least(byConnections),
  },
  random: {
    description: "any backend, drawn by weight",
    create: ({ dice }) => random(dice),
  },
  p2c: {
    description: "of two different backends drawn by weight, the one with fewer sessions per weight",
    create: ({ dice }) => p2c(byConnections, dice),
  },
  "peak-ewma": {
    description:
      "the backend expected to answer soonest, by what it took to connect and to answer, and how busy it is",
    create: () => peakEwma(),
  },
  "source-hash": {
    description: "the same backend for the same client address; when one leaves, only its clients move",
    create: () => sourceHash(),
  },
  maglev: {
    description: "like source-hash, by one look-up in a table, for pools of many backends",
    create: ({ clock }) => maglev(clock),
  },
  first: {
    description: "the first backend that can serve, in the order they are written; ignores weights",
    create: () => first,
  },
};
