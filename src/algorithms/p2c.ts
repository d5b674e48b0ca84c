import type { Dice } from "../core/dice.ts";
import type { Backend } from "../live/backend.ts";
import type { Algorithm, Load } from "./algorithm.ts";
import { Lottery } from "./lottery.ts";
import { ranked } from "./ranked.ts";
import { perVersion } from "./version.ts";

/**
 * Draws two different members by weight and takes the less loaded, the first drawn where they are equal, so that idle
 * members share by weight exactly (Mitzenmacher, "The power of two choices in randomized load balancing", 2001).
 */
export function p2c(load: Load, dice: Dice): Algorithm {
  const ofAll = perVersion((backends) => new Lottery(backends));
  return ranked((backends, taken) => {
    const lottery = taken.size === 0 ? ofAll(backends) : new Lottery(backends, taken);
    const one = lottery.draw(dice);
    if (backends.length - taken.size === 1) return one;
    const other = lottery.drawOther(one, dice);
    return load(backends[other] as Backend) < load(backends[one] as Backend) ? other : one;
  });
}
