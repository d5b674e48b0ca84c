import { distributionOf } from "./distribution.ts";
import { Reservoir } from "./reservoir.ts";
import type { Plan } from "./results.ts";

/** How well requests kept to their moments, told from waiting for a client: that is the target's doing, the rest is ours. */
export class Punctuality {
  dropped = 0;
  /** How many of the dropped found every client busy when they were due. */
  crowdedOut = 0;
  readonly #lagsUs = new Reservoir();
  #freeSinceUs = -Infinity;

  constructor(readonly model: Plan["model"]) {}

  /** The 99th percentile of how late requests were started or dropped though a client was free; null in the closed model. */
  get lagP99Us(): number | null {
    return distributionOf(this.#lagsUs.values).p99;
  }

  /** A client became free while none was. */
  freeSince(nowUs: number): void {
    this.#freeSinceUs = nowUs;
  }

  started(nowUs: number, dueUs: number): void {
    if (this.model === "open") this.#lagsUs.add(nowUs - Math.max(dueUs, this.#freeSinceUs));
  }

  drop(nowUs: number, dueUs: number): void {
    this.dropped++;
    if (dueUs < this.#freeSinceUs) this.crowdedOut++;
    this.started(nowUs, dueUs);
  }
}
