import { Chain } from "../core/chain.ts";
import type { Prospect, Watch } from "./watch.ts";

/** Probes under way at once. */
export const MOST_PROBES = 256;

/** In the order in which they are served, each with how many may be under way of it and of those behind it. */
const MOST: readonly (readonly [prospect: Prospect, most: number])[] = [
  ["quick", MOST_PROBES],
  ["slow", 192],
  ["lost", 128],
];
/** A lane may have so many times as many probes under way as places are left: it never takes the last ones. */
const SHARE = 3;

/** The backends of one pool that have the same prospect: how many wait for their turn, and how many are being probed. */
class Lane {
  readonly waiting = new Chain<Watch>();
  running = 0;
}

/** All lanes of one prospect. */
class Road {
  /** By pool, the one that had its turn longest ago first. */
  readonly lanes = new Map<string, Lane>();
  running = 0;

  constructor(
    readonly prospect: Prospect,
    readonly most: number,
  ) {}
}

/**
 * Lets at most 256 probes run at once, fairly. Pools take turns, and none takes all places; and backends that do not answer, each
 * of which holds a place for its whole time, hold up neither backends that answer nor backends that may be about to be found down.
 */
export class Places {
  readonly #probe: (watch: Watch) => Promise<void>;
  readonly #roads = MOST.map(([prospect, most]) => new Road(prospect, most));

  /** `probe` must not reject. */
  constructor(probe: (watch: Watch) => Promise<void>) {
    this.#probe = probe;
  }

  /** Probes it when it is its turn, unless it was stopped by then. */
  enqueue(watch: Watch): void {
    const road = this.#roads.find(({ prospect }) => prospect === watch.prospect) as Road;
    const { pool } = watch.target;
    const lane = road.lanes.get(pool) ?? new Lane();
    road.lanes.set(pool, lane);
    lane.waiting.add(watch);
    this.#work();
  }

  #work(): void {
    while (this.#startOne());
  }

  #startOne(): boolean {
    let room = Infinity;
    for (const [at, road] of this.#roads.entries()) {
      const running = this.#roads.slice(at).reduce((sum, each) => sum + each.running, 0);
      room = Math.min(room, road.most - running);
      if (room === 0) return false;
      for (const [pool, lane] of road.lanes) {
        const watch = lane.running < SHARE * room ? lane.waiting.first : undefined;
        if (watch === undefined) continue;
        void this.#run(road, pool, lane, watch);
        return true;
      }
    }
    return false;
  }

  async #run(road: Road, pool: string, lane: Lane, watch: Watch): Promise<void> {
    lane.waiting.delete(watch);
    // Behind all others: it had its turn.
    road.lanes.delete(pool);
    road.lanes.set(pool, lane);
    road.running += 1;
    lane.running += 1;
    if (!watch.stopped) await this.#probe(watch);
    road.running -= 1;
    lane.running -= 1;
    if (lane.running === 0 && lane.waiting.size === 0) road.lanes.delete(pool);
    this.#work();
  }
}
