import { expect, test } from "vitest";
import { Backend } from "#lb/live/backend";
import { Counts } from "#lb/live/counts";
import type { Latency } from "#lb/live/latency";
import { Lease } from "#lb/pool/lease";
import { plainBackend } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SETTINGS = {
  ...plainBackend,
  name: "a",
  endpoint: { kind: "tcp", host: "127.0.0.1", port: 1 },
} as const;

test("counts from the moment of choice until it is given back, once", () => {
  const { backend, clock } = made();
  const lease = new Lease(backend, "ranked", clock, () => {});
  expect(backend.active).toBe(1);
  lease.connected();
  expect(backend.active).toBe(1);
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  expect(backend.active).toBe(0);
});

test("tells the latency of connecting and of the first answer, apart", () => {
  const { backend, clock, heard } = made();
  using lease = new Lease(backend, "ranked", clock, () => {});
  clock.advance(3);
  expect(lease.connected()).toBe(3);
  clock.advance(1_000);
  lease.asked();
  clock.advance(20);
  lease.answered();
  expect(heard).toEqual(["waits", "connected 3", "waits", "answered 20"]);
});

test("a backend that speaks first is not waited for", () => {
  const { backend, clock, heard } = made();
  using lease = new Lease(backend, "ranked", clock, () => {});
  lease.connected();
  lease.answered();
  lease.asked();
  expect(heard).toEqual(["waits", "connected 0"]);
});

test("a question that is never answered is given up when the session is over", () => {
  const { backend, clock, heard } = made();
  const lease = new Lease(backend, "ranked", clock, () => {});
  lease.connected();
  lease.asked();
  clock.advance(50);
  lease[Symbol.dispose]();
  expect(heard).toEqual(["waits", "connected 0", "waits", "gave up 50 false"]);
});

test.each([
  [true, 1],
  [false, 0],
])("a failed dial with blame %s adds %i to the backend's failures", (blame, failed) => {
  const { backend, clock, counts } = made();
  using lease = new Lease(backend, "ranked", clock, () => {});
  lease.failed(blame);
  expect(counts.failed[backend.slot]).toBe(failed);
  expect(counts.connected[backend.slot]).toBe(0);
});

function made() {
  const heard: string[] = [];
  const latency: Latency = {
    waits: () => void heard.push("waits"),
    connected: (ms) => void heard.push(`connected ${ms}`),
    answered: (ms) => void heard.push(`answered ${ms}`),
    gaveUp: (ms, failed) => void heard.push(`gave up ${ms} ${failed}`),
    estimateMs: () => 0,
  };
  const counts = new Counts();
  return { backend: new Backend(SETTINGS, counts, latency), clock: new ManualClock(), counts, heard };
}
