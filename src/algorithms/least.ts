import type { Backend } from "../live/backend.ts";
import type { Algorithm, Load } from "./algorithm.ts";
import { type PickIndex, ranked } from "./ranked.ts";
import { Turns } from "./turns.ts";

/** Sessions per weight. */
export const byConnections: Load = (backend) => backend.active / backend.weight;

/** Ranks by load, the least first; those with the same load take turns by weight. One scan per choice. */
export function least(load: Load): Algorithm {
  return ranked(pickLeast(load, new Turns()));
}

/** The pick behind `least`, with turns that the caller may look into. */
export function pickLeast(load: Load, turns: Turns): PickIndex {
  // Used and left within one pick: not allocated anew for each session.
  const tied: number[] = [];
  return (backends, taken) => {
    let lowest = Infinity;
    tied.length = 0;
    for (let index = 0; index < backends.length; index++) {
      if (taken.has(index)) continue;
      const own = load(backends[index] as Backend);
      if (own > lowest) continue;
      if (own < lowest) tied.length = 0;
      lowest = own;
      tied.push(index);
    }
    return tied.length === 1 ? (tied[0] as number) : turns.take(backends, tied);
  };
}
