import type { Dice } from "../core/dice.ts";
import type { Backend } from "../live/backend.ts";
import type { Taken } from "./ranked.ts";

/** Draws by weight in O(log n): prefix sums and a binary search. */
export class Lottery {
  readonly #upTo: Float64Array;
  readonly #last: number;

  /** Those taken get no ticket; at least one is left. */
  constructor(backends: readonly Backend[], taken?: Taken) {
    this.#upTo = new Float64Array(backends.length);
    let total = 0;
    let last = 0;
    for (let index = 0; index < backends.length; index++) {
      if (!taken?.has(index)) {
        total += (backends[index] as Backend).weight;
        last = index;
      }
      this.#upTo[index] = total;
    }
    this.#last = last;
  }

  /** An index, with the probability of its weight. */
  draw(dice: Dice): number {
    return this.#holder(dice() * this.#before(this.#upTo.length));
  }

  /** Another index than `not`, with the probability of its weight among those; `not` itself where there is no other. */
  drawOther(not: number, dice: Dice): number {
    const start = this.#before(not);
    const end = this.#upTo[not] as number;
    const ticket = dice() * (start + (this.#before(this.#upTo.length) - end));
    return this.#holder(ticket < start ? ticket : ticket + (end - start));
  }

  #before(index: number): number {
    return index === 0 ? 0 : (this.#upTo[index - 1] as number);
  }

  /** The first whose tickets go beyond this one; where rounding made it too large, the last with any. */
  #holder(ticket: number): number {
    let low = 0;
    let high = this.#last;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#upTo[middle] as number) > ticket) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
