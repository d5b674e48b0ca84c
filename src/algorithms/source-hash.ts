import type { Backend } from "../live/backend.ts";
import type { Algorithm } from "./algorithm.ts";
import { hashText, mix } from "./hash.ts";
import { type PickIndex, ranked } from "./ranked.ts";
import { perVersion } from "./version.ts";

/** The same client, the same backend: rendezvous hashing. */
export function sourceHash(): Algorithm {
  return ranked(pickByHash());
}

/**
 * Each client's own draw among all backends, whose highest score wins, so that only a backend's own clients move when it
 * leaves, to all others (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998). The score
 * -weight / ln(u) makes the shares follow the weights (Schindelhauer and Schomaker, "Weighted distributed hash
 * tables", 2005). One scan.
 */
export function pickByHash(): PickIndex {
  const hashes = perVersion((backends) => Uint32Array.from(backends, identityHash));
  return (backends, taken, client) => {
    const own = hashes(backends);
    const key = hashText(client.address);
    let best = -1;
    let highest = -1;
    for (let index = 0; index < backends.length; index++) {
      if (taken.has(index)) continue;
      const score = -(backends[index] as Backend).weight / Math.log(unit(mix(key ^ (own[index] as number))));
      if (score <= highest) continue;
      highest = score;
      best = index;
    }
    return best;
  };
}

/** What hashing knows a backend by: its entry and address, and neither its name nor its place in the list, which may change. */
export function identityHash({ identity }: Backend): number {
  return hashText(identity);
}

/** Strictly between 0 and 1. */
function unit(hash: number): number {
  return (hash + 0.5) / 2 ** 32;
}
