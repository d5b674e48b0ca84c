import type { Backend } from "../live/backend.ts";
import { WORST_MS } from "../live/latency.ts";
import type { Algorithm } from "./algorithm.ts";
import { pickLeast } from "./least.ts";
import { ranked } from "./ranked.ts";
import { Turns } from "./turns.ts";
import { perVersion } from "./version.ts";

// Below this the event loop's own noise is larger than any difference between servers.
const BEST_MS = 1;

/**
 * Ranks by how long one session more would wait: a backend's latency, once for the session and once for each that it
 * has per weight (as Finagle's Peak EWMA balancer). Idle ones of the same latency take turns by weight.
 */
export function peakEwma(): Algorithm {
  const typical = perVersion((backends) => ({ weight: meanWeight(backends) }));
  let typicalWeight = 1;
  const pick = pickLeast((backend) => {
    const sessions = (backend.active * typicalWeight) / backend.weight;
    return roughly(backend.latency.estimateMs()) * (1 + sessions);
  }, new Turns());
  return ranked((backends, taken, client) => {
    typicalWeight = typical(backends).weight;
    return pick(backends, taken, client);
  });
}

/**
 * A latency clamped, so that equally bad ones are equal, and rounded to a power of two, so that nearly equal ones are
 * equal too: both then share by sessions and turns, instead of all going to the luckiest.
 */
function roughly(ms: number): number {
  return 2 ** Math.round(Math.log2(Math.min(Math.max(ms, BEST_MS), WORST_MS)));
}

function meanWeight(backends: readonly Backend[]): number {
  return backends.reduce((sum, backend) => sum + backend.weight, 0) / backends.length;
}
