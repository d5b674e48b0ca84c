import type { AlgorithmName } from "#lb/contract/algorithm";
import type { BackendSettings } from "#lb/contract/backend";
import type { PoolSettings } from "#lb/contract/pool";
import type { Report, StateChange } from "#lb/contract/report";
import type { Verdict } from "#lb/contract/verdict";
import type { Endpoint } from "#lb/core/address";
import { seededDice } from "#lb/core/dice";
import { Counts } from "#lb/live/counts";
import { Decisions } from "#lb/pool/decisions";
import { Lease } from "#lb/pool/lease";
import { Pool } from "#lb/pool/pool";
import { Tried } from "#lb/pool/tried";
import { Drains } from "#lb/standing/drains";
import { plainBackend } from "../support/backends.ts";
import { plainPool } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** A session that chooses. */
export const CLIENT = { id: "1", address: "127.0.0.1", queuedMs: 0 };
const ONE = { kind: "tcp", host: "127.0.0.1", port: 1 } as const;
export const OTHER = { kind: "tcp", host: "127.0.0.2", port: 1 } as const;

/** A pool, `first` where no other algorithm is named, and what it tells. */
export function made(
  backends: readonly BackendSettings[],
  more: Partial<PoolSettings> = {},
  algorithm: AlgorithmName = "first",
) {
  const counts = new Counts();
  const clock = new ManualClock();
  const changes: StateChange[] = [];
  const drained: string[] = [];
  const report = (each: Report) => {
    if (each.kind === "backend") changes.push(each);
    if (each.kind === "drained") drained.push(each.backend);
  };
  const decisions = new Decisions(clock);
  const drains = new Drains(clock, () => []);
  let current = { ...settings(backends), ...more, algorithm };
  const pool = new Pool(current, { clock, dice: seededDice(1), counts, report, drains, decisions });
  /** Wants something else of one backend. */
  const want = (name: string, values: Partial<BackendSettings>) => {
    const next = current.backends.map((each) => (each.name === name ? { ...each, ...values } : each));
    current = { ...current, backends: next };
    pool.update(current);
  };
  return { pool, counts, clock, changes, drained, decisions, want };
}

/** A pool's settings with these backends. */
export function settings(backends: readonly BackendSettings[]): PoolSettings {
  return { ...plainPool, algorithm: "first", backends };
}

/** A backend's settings, on an address that others share. */
export function member(name: string, more: Partial<BackendSettings> = {}): BackendSettings {
  return { ...plainBackend, name, endpoint: ONE, ...more };
}

/** What probes found of an entry. */
export function verdict(entry: string, alive: boolean, endpoint: Endpoint = ONE): Verdict {
  return { pool: "main", entry, endpoint, alive, reason: "told so" };
}

/** The place that a session gets at once. */
export function taken(pool: Pool, tried = new Tried()): Lease {
  const place = pool.choose(CLIENT, tried);
  if (!(place instanceof Lease)) throw new Error(`expected a lease, got ${place}`);
  return place;
}
