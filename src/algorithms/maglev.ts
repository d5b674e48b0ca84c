import type { Clock } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";
import type { Algorithm } from "./algorithm.ts";
import { hashText, mix } from "./hash.ts";
import { ranked } from "./ranked.ts";
import { identityHash, pickByHash } from "./source-hash.ts";
import { perVersion } from "./version.ts";

// The two primes of the paper. A table of a hundred entries per backend keeps the shares within 1 %.
const SMALL = 65_537;
const LARGE = 655_373;
const FREE = -1;

/** A table is made again no sooner than after ten times as long as it took to make. */
const REST = 10;

/** A table and the version that it is of. */
interface Built {
  readonly backends: readonly Backend[];
  readonly table: Int16Array;
}

/**
 * The same client, the same backend, in one table look-up (Eisenbud et al., "Maglev: a fast and reliable software network
 * load balancer", NSDI 2016). A client whose backend was skipped is ranked by rendezvous among the rest: that ends
 * for any weights, and spreads the clients of a dead backend over all others. While members come and go faster than a table
 * is worth, the older one serves: a client whose backend there has gone is ranked as one whose backend was skipped.
 */
export function maglev(clock: Clock): Algorithm {
  const others = pickByHash();
  const tables = builtInTime(clock);
  const indexes = perVersion((backends) => new Map(backends.map((backend, index) => [backend, index])));
  return ranked((backends, taken, client) => {
    if (taken.size > 0) return others(backends, taken, client);
    const built = tables(backends);
    const index = built.table[hashText(client.address) % built.table.length] as number;
    if (built.backends === backends) return index;
    const now = indexes(backends).get(built.backends[index] as Backend);
    return now ?? others(backends, taken, client);
  });
}

/** The table of a version, or the newest that there is, while it is too early for another. */
function builtInTime(clock: Clock): (backends: readonly Backend[]) => Built {
  const known = new WeakMap<readonly Backend[], Built>();
  let newest: Built | undefined;
  let againAtMs = -Infinity;
  return (backends) => {
    const built = known.get(backends);
    if (built !== undefined) return built;
    const startedMs = clock.now();
    if (newest !== undefined && startedMs < againAtMs) return newest;
    newest = { backends, table: maglevTable(backends) };
    known.set(backends, newest);
    againAtMs = clock.now() + REST * (clock.now() - startedMs);
    return newest;
  };
}

/** The index of the backend for each remainder of a client's hash: all claim in turn, until they have their shares. */
export function maglevTable(backends: readonly Backend[]): Int16Array {
  const table = new Int16Array(backends.length * 100 > SMALL ? LARGE : SMALL).fill(FREE);
  const weights = backends.map(({ weight }) => weight);
  // All weights may have fallen to 0 under a ranking that began before: no backend would ever fill the table.
  if (!weights.some((weight) => weight > 0)) weights.fill(1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let upTo = 0;
  let claiming = backends.map((backend, index) => {
    const start = Math.round((upTo / total) * table.length);
    upTo += weights[index] as number;
    const share = Math.round((upTo / total) * table.length) - start;
    return new Claims(table, index, share, identityHash(backend));
  });
  // An array anew for each round is cheap: they shrink, and all together hold one entry per claim.
  while (claiming.length > 0) claiming = claiming.filter((claims) => claims.next());
  return table;
}

/** One backend's own order of all entries, in which it claims what is still free, up to its share. */
class Claims {
  readonly #skip: number;
  #entry: number;
  #left: number;

  constructor(
    readonly table: Int16Array,
    readonly owner: number,
    share: number,
    hash: number,
  ) {
    this.#left = share;
    this.#entry = hash % table.length;
    this.#skip = 1 + (mix(hash ^ 0x9e3779b9) % (table.length - 1));
  }

  /** Claims one entry; false where it had its share already. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const size = this.table.length;
    let entry = this.#entry;
    while (this.table[entry] !== FREE) {
      entry += this.#skip;
      if (entry >= size) entry -= size;
    }
    this.table[entry] = this.owner;
    this.#entry = entry;
    return true;
  }
}
