import type { Backend } from "../live/backend.ts";
import { perVersion } from "./version.ts";

/** What a backend is owed, in choices; negative where it has had more than its share. */
interface Turn {
  credit: number;
}

// Sevenths and the like do not add up exactly; credits closer than this are the same.
const ROUNDING = 1e-9;

/**
 * Takes turns by weight: each candidate gains its part of the choice, and the one chosen pays for it, whichever
 * the candidates of the moment are (Fagin and Williams, "A fair carpool scheduling algorithm", 1983). Among always the same
 * candidates this is nginx's smooth weighted round-robin. Credit belongs to the backend, so no change of the members
 * resets it; a newcomer is owed nothing and owes nothing.
 */
export class Turns {
  readonly #turns = new WeakMap<Backend, Turn>();

  /** The turns of one version, aligned to its backends. */
  readonly of = perVersion((backends) => backends.map((backend) => this.#turnOf(backend)));

  /** The candidate whose turn it is; `among` holds at least one index. */
  take(backends: readonly Backend[], among: readonly number[]): number {
    const turns = this.of(backends);
    let total = 0;
    for (const index of among) total += (backends[index] as Backend).weight;
    let next = among[0] as number;
    for (const index of among) {
      const turn = turns[index] as Turn;
      // A ranking that began earlier may find that all it has left were weighed 0 meanwhile.
      if (total > 0) turn.credit += (backends[index] as Backend).weight / total;
      if (turn.credit > (turns[next] as Turn).credit + ROUNDING) next = index;
    }
    (turns[next] as Turn).credit -= 1;
    return next;
  }

  #turnOf(backend: Backend): Turn {
    const turn = this.#turns.get(backend) ?? { credit: 0 };
    this.#turns.set(backend, turn);
    return turn;
  }
}
