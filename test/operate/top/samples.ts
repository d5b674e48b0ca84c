import type { BackendStatus, ListenerStatus, PoolStatus } from "#lb/operate/documents";
import type { Sample } from "#lb/operate/top/sample";

/** When samples of tests are taken, an hour after all began. */
const WALL_MS = Date.parse("2026-01-01T01:00:00.000Z");

export function listener(more: Partial<ListenerStatus> = {}): ListenerStatus {
  return {
    name: "web",
    address: "127.0.0.1:8080",
    leaving: false,
    active: 0,
    sessions: 0,
    endings: {},
    ...more,
  };
}

export function pool(backends: readonly BackendStatus[], more: Partial<PoolStatus> = {}): PoolStatus {
  return { name: "ping", algorithm: "p2c", queued: 0, active: 0, backends: [...backends], ...more };
}

/** A sample of a balancer that is well. */
export function sample(
  pools: readonly PoolStatus[],
  { listeners = [listener()], ...more }: Partial<Sample> & { listeners?: readonly ListenerStatus[] } = {},
): Sample {
  return {
    atMs: 1_000,
    wallMs: WALL_MS,
    status: { listeners: [...listeners], pools: [...pools] },
    health: { status: "ok", reasons: [] },
    connect: new Map(),
    ...more,
  };
}
