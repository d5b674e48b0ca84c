import type { AdministrativeState, OperationalState } from "../../contract/backend.ts";
import type { BackendSample, PoolSample } from "../../contract/sample.ts";
import type { Steps } from "../../core/slices.ts";
import { REST, Rest } from "./rest.ts";

/** Backends with series of their own, of all pools together. */
const MOST_BACKENDS_SHOWN = 1_000;

/** The numbers of one backend, or of all of a pool that have no series of their own. */
export interface BackendCounts {
  readonly pool: string;
  readonly backend: string;
  readonly active: number;
  readonly weight: number;
  /** Backends of each state. */
  readonly operational: { readonly [state in OperationalState]?: number };
  readonly administrative: { readonly [state in AdministrativeState]?: number };
  /** Backends that are to leave and have no session any more. */
  readonly drained: number;
  readonly connected: number;
  readonly failed: number;
  readonly ejections: number;
  readonly faults: number;
}

/** Decides which backends have series of their own, and adds up the rest of each pool. A backend keeps its series while it is there. */
export class BackendSeries {
  #shown: ReadonlySet<string> = new Set();
  #rests = new Map<string, Rest>();

  /** One row for each backend that is shown, and one for the others of each pool that has or had some; in steps, for there may be thousands. */
  *of(pools: readonly PoolSample[]): Steps<BackendCounts[]> {
    this.#shown = this.#choose(pools);
    this.#rests = new Map(pools.map(({ name }) => [name, this.#rests.get(name) ?? new Rest()]));
    const rows: BackendCounts[] = [];
    for (const pool of pools) for (const row of this.#rowsOf(pool)) yield rows.push(row);
    return rows;
  }

  #choose(pools: readonly PoolSample[]): ReadonlySet<string> {
    const keys = pools.flatMap(({ name, backends }) => backends.map((backend) => keyOf(name, backend)));
    const chosen = new Set(keys.filter((key) => this.#shown.has(key)));
    for (const key of keys) {
      if (chosen.size >= MOST_BACKENDS_SHOWN) break;
      chosen.add(key);
    }
    return chosen;
  }

  *#rowsOf(pool: PoolSample): Iterable<BackendCounts> {
    const isShown = (backend: BackendSample) => this.#shown.has(keyOf(pool.name, backend));
    const shown = pool.backends.filter(isShown);
    const others = pool.backends.filter((backend) => !isShown(backend));
    for (const backend of shown) yield rowOf(pool.name, backend.name, [backend], countersOf(backend));
    const rest = this.#rests.get(pool.name) as Rest;
    const own = new Map(shown.map((backend) => [backend.name, countersOf(backend)]));
    const connected = pool.connect.counts.reduce((sum, count) => sum + count, 0);
    const total = countersOf({ ...pool, connected });
    const left = rest.settle(own, total, others.length > 0);
    if (rest.isNeeded) yield rowOf(pool.name, REST, others, left);
  }
}

function keyOf(pool: string, { name }: BackendSample): string {
  return `${pool} ${name}`;
}

type Counted = Pick<BackendSample, "connected" | "failed" | "ejections" | "faults">;

function countersOf({ connected, failed, ejections, faults }: Counted): readonly number[] {
  return [connected, failed, ejections, faults];
}

function rowOf(
  pool: string,
  backend: string,
  members: readonly BackendSample[],
  counters: readonly number[],
): BackendCounts {
  const [connected = 0, failed = 0, ejections = 0, faults = 0] = counters;
  const operational: Record<string, number> = {};
  const administrative: Record<string, number> = {};
  let [active, weight, drained] = [0, 0, 0];
  for (const member of members) {
    active += member.active;
    weight += member.weight;
    if (member.state !== "ready" && member.active === 0) drained += 1;
    operational[member.operational] = (operational[member.operational] ?? 0) + 1;
    administrative[member.state] = (administrative[member.state] ?? 0) + 1;
  }
  const live = { pool, backend, active, weight, drained, operational, administrative };
  return { ...live, connected, failed, ejections, faults };
}
