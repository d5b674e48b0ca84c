import type { Departure, Places } from "./departures.ts";
import { EvenParts } from "./even-parts.ts";

/** All sessions leave one backend. One that the backend has not answered yet goes to another one. */
export class Drain implements Departure {
  readonly #parts = new EvenParts();

  /** `identity`: the backend's. */
  constructor(
    readonly pool: string,
    readonly identity: string,
  ) {}

  step(places: Places, stepsLeft: number): void {
    const there = places.get(this.identity) ?? [];
    for (const session of there.slice(0, this.#parts.next(there.length, stepsLeft))) session.leave("drained");
  }
}
