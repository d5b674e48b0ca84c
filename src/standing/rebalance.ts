import { fairShares } from "../core/fair-shares.ts";
import type { Backend } from "../live/backend.ts";
import type { Session } from "../live/session.ts";
import type { Departure, Places } from "./departures.ts";
import { EvenParts } from "./even-parts.ts";

/** A session that is younger has not settled: to move it again moves its client for nothing. */
const OLD_MS = 60_000;

/**
 * Sessions leave the backends of a pool that have more than their fair share, so that their clients come back elsewhere: of
 * those older than a minute the share asked for, the oldest first, and never so many that a backend falls below its fair share.
 */
export class Rebalance implements Departure {
  readonly #members: () => readonly Backend[];
  readonly #nowMs: () => number;
  /** By the identity of a backend: how many are still to leave it, and by what parts. */
  readonly #toLeave = new Map<string, { count: number; readonly parts: EvenParts }>();

  /** `members`: of the pool, as they are now. `places`: of the pool's sessions now. `share`: 0 to 1. */
  constructor(
    readonly pool: string,
    members: () => readonly Backend[],
    nowMs: () => number,
    places: Places,
    share: number,
  ) {
    this.#members = members;
    this.#nowMs = nowMs;
    for (const [identity, surplus] of this.#surpluses(places)) {
      const asked = Math.ceil(share * this.#oldOn(identity, places).length);
      this.#toLeave.set(identity, { count: Math.min(asked, surplus), parts: new EvenParts() });
    }
  }

  step(places: Places, stepsLeft: number): void {
    for (const [identity, surplus] of this.#surpluses(places)) {
      const toLeave = this.#toLeave.get(identity);
      if (toLeave === undefined) continue;
      const part = Math.min(toLeave.parts.next(toLeave.count, stepsLeft), surplus);
      const old = part > 0 ? this.#oldOn(identity, places).sort(byAge) : [];
      const leaving = old.slice(0, part);
      for (const session of leaving) session.leave("rebalanced");
      toLeave.count -= leaving.length;
    }
  }

  /** How many sessions more than its fair share each usable member has that has more, in whole sessions. */
  *#surpluses(places: Places): Iterable<readonly [identity: string, surplus: number]> {
    const members = this.#members().filter(({ usable }) => usable);
    const countOf = ({ identity }: Backend) => places.get(identity)?.length ?? 0;
    const total = members.reduce((sum, member) => sum + countOf(member), 0);
    const shareOf = fairShares(members.map(({ weight, settings: { backup } }) => ({ weight, backup })));
    for (const [index, member] of members.entries()) {
      // Thirds and the like do not add up exactly.
      const surplus = Math.floor(countOf(member) - total * (shareOf[index] as number) + 1e-9);
      if (surplus > 0) yield [member.identity, surplus];
    }
  }

  #oldOn(identity: string, places: Places): Session[] {
    const bornByMs = this.#nowMs() - OLD_MS;
    return (places.get(identity) ?? []).filter(({ startedAtMs }) => startedAtMs <= bornByMs);
  }
}

function byAge(one: Session, other: Session): number {
  return one.number - other.number;
}
