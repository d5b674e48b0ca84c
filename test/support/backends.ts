import type { Clock } from "#lb/core/clock";
import { Backend } from "#lb/live/backend";
import { Counts } from "#lb/live/counts";
import { measureLatency } from "#lb/live/latency";
import { ManualClock } from "./manual-clock.ts";

/** A backend's settings where nobody says otherwise. */
export const plainBackend = { weight: 1, maxConnections: Infinity, backup: false, state: "ready" } as const;

/** One backend for each weight, named s1, s2 …, with nothing on them. */
export function backendsOf(weights: readonly number[], clock: Clock = new ManualClock()): Backend[] {
  const counts = new Counts();
  return weights.map((weight, index) => {
    const endpoint = { kind: "tcp", host: "127.0.0.1", port: 9001 + index } as const;
    const settings = { ...plainBackend, name: `s${index + 1}`, endpoint, weight };
    return new Backend(settings, counts, measureLatency(clock));
  });
}

/** Backends of weight 1. */
export function equalBackends(count: number, clock?: Clock): Backend[] {
  return backendsOf(new Array(count).fill(1), clock);
}

/** Counts a session on a backend until it is disposed of. */
export function hold(backend: Backend): Disposable {
  const active = backend.counts.active;
  active[backend.slot] = backend.active + 1;
  return {
    [Symbol.dispose]() {
      active[backend.slot] = backend.active - 1;
    },
  };
}
