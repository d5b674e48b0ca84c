import type { Dice } from "#lb/core/dice";

/** As many numbers as a 99.9th percentile wants, a hundred times over. */
const MOST = 1_000_000;

/**
 * The numbers of a series: all of them, and of more than `most` so many, drawn with equal chances (Vitter's algorithm R), so that
 * a long run takes no more memory than a short one.
 */
export class Reservoir {
  readonly values: number[] = [];
  #seen = 0;

  constructor(
    readonly most: number = MOST,
    readonly dice: Dice = Math.random,
  ) {}

  add(value: number): void {
    const place = this.#seen < this.most ? this.#seen : Math.floor(this.dice() * (this.#seen + 1));
    this.#seen += 1;
    if (place < this.most) this.values[place] = value;
  }
}
