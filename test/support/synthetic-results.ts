import { seededDice } from "#lb/core/dice";
import type { Distribution, Results } from "../../stress/results.ts";

/** How the made-up servers behave; what is left out is an unremarkable run of 3 repeats. */
export interface Made {
  readonly name?: string;
  readonly requestsPerRepeat?: number;
  readonly repeats?: number;
  readonly ratePerSec?: number;
  /** Share and usual response time of each server. */
  readonly servers?: Readonly<Record<string, readonly [share: number, ms: number]>>;
  readonly failedShare?: number;
  readonly seed?: number;
  readonly changes?: Partial<Results>;
}

/** Results as the stress tester writes them, of requests that were never made; the same settings give the same results. */
export function syntheticResults({
  name = "Synthetic",
  requestsPerRepeat = 400,
  repeats = 3,
  ratePerSec = 400,
  servers = { "fast-1": [0.5, 10], "fast-2": [0.5, 10] },
  failedShare = 0,
  seed = 1,
  changes = {},
}: Made = {}): Results {
  const dice = seededDice(seed);
  const names = Object.keys(servers);
  const total = requestsPerRepeat * repeats;
  const indexes = Array.from({ length: total }, (_, i) => i);
  const failed = indexes.map(() => dice() < failedShare);
  const server = indexes.map((i) => (failed[i] ? -1 : pick(Object.values(servers), dice())));
  const latencyUs = server.map((at) => {
    if (at === -1) return -1;
    const [, ms] = servers[names[at] as string] as readonly [number, number];
    return Math.round(ms * 1000 * (1 + 0.1 * dice() - 0.35 * Math.log(1 - dice())));
  });
  const ok = failed.filter((it) => !it).length;
  const durationMs = (total / ratePerSec) * 1000;
  return {
    schema: "lb-stress/1",
    name,
    status: "valid",
    invalidReasons: [],
    notes: [],
    startedAt: "2026-01-01T00:00:00.000Z",
    durationMs,
    plan: {
      model: "closed",
      clients: 20,
      requestsPerClient: requestsPerRepeat / 20,
      requestsPerConnection: 1,
      ratePerSec: null,
      arrival: null,
      warmupMs: 0,
      durationMs: null,
      timeoutMs: 10_000,
      payloadBytes: 16,
      seed,
      repeats,
    },
    target: "127.0.0.1:8080",
    environment: {
      node: "v20.20.2",
      os: "Linux 6.1",
      cpu: "Example CPU",
      cores: 2,
      openFiles: 20_000,
      git: "abc1234",
    },
    counts: { planned: total, started: total, ok, failed: total - ok, dropped: 0, warmup: 0 },
    latencyUs: { fromSend: nothing, fromIntended: null },
    connectUs: nothing,
    ratePerSec: { offered: null, completed: (ok / durationMs) * 1000 },
    perServer: names.map((name, index) => {
      const requests = server.filter((at) => at === index).length;
      return { server: name, requests, share: requests / Math.max(1, ok), p50: null, p99: null };
    }),
    errors: ok < total ? { reset: total - ok } : {},
    timeline: [],
    generator: { loopDelayP99Us: 900, scheduleLagP99Us: null, cpuShare: 0.3 },
    samples: {
      startUs: indexes.map((i) => Math.round(((i % requestsPerRepeat) / ratePerSec) * 1e6)),
      latencyUs,
      connectUs: indexes.map(() => 100),
      server,
      error: failed.map((it) => (it ? 0 : -1)),
      run: indexes.map((i) => Math.floor(i / requestsPerRepeat)),
      servers: names,
      errorWords: ["reset"],
    },
    ...changes,
  };
}

const nothing: Distribution = {
  n: 0,
  min: null,
  mean: null,
  p50: null,
  p75: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
};

function pick(servers: readonly (readonly [share: number, ms: number])[], throwOfDice: number): number {
  let left = throwOfDice;
  for (const [index, [share]] of servers.entries()) {
    if (left < share) return index;
    left -= share;
  }
  return servers.length - 1;
}
