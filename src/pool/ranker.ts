import type { Algorithm, ClientKey } from "../algorithms/algorithm.ts";
import { algorithms } from "../algorithms/index.ts";
import type { AlgorithmName } from "../contract/algorithm.ts";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import type { Backend } from "../live/backend.ts";
import type { Members } from "./members.ts";

/** Ranks the members of a pool by its algorithm, backups after all others. */
export class Ranker {
  readonly #members: Members;
  readonly #algorithm: Algorithm;
  /** Backups are arrays of their own, and so have an instance of their own. */
  readonly #ofBackups: Algorithm;

  constructor(
    readonly name: AlgorithmName,
    members: Members,
    parts: { readonly clock: Clock; readonly dice: Dice },
  ) {
    this.#members = members;
    this.#algorithm = algorithms[name].create(parts);
    this.#ofBackups = algorithms[name].create(parts);
  }

  /** The members for a client, best first, without the members that `skips` says yes to; read as far as needed. */
  rank(client: ClientKey, skips?: (backend: Backend) => boolean): Iterator<Backend> {
    const { usable, backups } = this.#members;
    const ranking = this.#algorithm(usable, client, skips);
    const whole = backups.length === 0 ? ranking : this.#withBackups(ranking, client, skips);
    return whole[Symbol.iterator]();
  }

  *#withBackups(ranking: Iterable<Backend>, client: ClientKey, skips?: (backend: Backend) => boolean) {
    yield* ranking;
    yield* this.#ofBackups(this.#members.backups, client, skips);
  }
}
