import type { Dice } from "../core/dice.ts";
import type { Algorithm } from "./algorithm.ts";
import { Lottery } from "./lottery.ts";
import { ranked } from "./ranked.ts";
import { perVersion } from "./version.ts";

/** Draws by weight, without remembering anything. */
export function random(dice: Dice): Algorithm {
  const ofAll = perVersion((backends) => new Lottery(backends));
  return ranked((backends, taken) => {
    const lottery = taken.size === 0 ? ofAll(backends) : new Lottery(backends, taken);
    return lottery.draw(dice);
  });
}
