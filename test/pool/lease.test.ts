import { expect, test } from "vitest";
import { Backend } from "#lb/live/backend";
import { Counts } from "#lb/live/counts";
import type { Latency } from "#lb/live/latency";
import { Lease } from "#lb/pool/lease";
import type { Hangup } from "#lb/standing/fault";
import { plainBackend } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SETTINGS = {
  ...plainBackend,
  name: "a",
  endpoint: { kind: "tcp", host: "127.0.0.1", port: 1 },
} as const;

const CLIENT = { address: "127.0.0.1" };

test("counts from the moment of choice until it is given back, once", () => {
  const { backend, clock, events } = made();
  const lease = new Lease(backend, "ranked", clock, events);
  expect(backend.active).toBe(1);
  lease.connected(CLIENT);
  expect(backend.active).toBe(1);
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  expect(backend.active).toBe(0);
});

test("tells the latency of connecting and of the first answer, apart", () => {
  const { backend, clock, heard, events } = made();
  using lease = new Lease(backend, "ranked", clock, events);
  clock.advance(3);
  expect(lease.connected(CLIENT)).toBe(3);
  clock.advance(1_000);
  lease.asked();
  clock.advance(20);
  lease.answered();
  expect(heard).toEqual(["waits", "connected 3", "waits", "answered 20"]);
});

test("a backend that speaks first is not waited for", () => {
  const { backend, clock, heard, events } = made();
  using lease = new Lease(backend, "ranked", clock, events);
  lease.connected(CLIENT);
  lease.answered();
  lease.asked();
  expect(heard).toEqual(["waits", "connected 0"]);
});

test("a question that is never answered is given up when the session is over", () => {
  const { backend, clock, heard, events } = made();
  const lease = new Lease(backend, "ranked", clock, events);
  lease.connected(CLIENT);
  lease.asked();
  clock.advance(50);
  lease[Symbol.dispose]();
  expect(heard).toEqual(["waits", "connected 0", "waits", "gave up 50 false"]);
});

test.each([
  [true, 1],
  [false, 0],
])("a failed dial with blame %s adds %i to the backend's failures", (blame, failed) => {
  const { backend, clock, counts, events } = made();
  using lease = new Lease(backend, "ranked", clock, events);
  lease.failed(blame);
  expect(counts.failed[backend.slot]).toBe(failed);
  expect(counts.connected[backend.slot]).toBe(0);
});

test("tells when the backend answered, since it was asked or, where it spoke first, since it was connected", () => {
  const { backend, clock, events } = made();
  using first = new Lease(backend, "ranked", clock, events);
  clock.advance(10);
  first.connected(CLIENT);
  clock.advance(20);
  first.answered();
  using second = new Lease(backend, "ranked", clock, events);
  second.connected(CLIENT);
  clock.advance(30);
  second.asked();
  clock.advance(40);
  second.answered();
  expect(events.told).toEqual(["answered after 20", "answered after 40"]);
  expect(backend.counts.answeredAtMs[backend.slot]).toBe(100);
});

test("a session that the backend ended, where that is held against it, is no sample of a good answer", () => {
  const { backend, clock, events, heard } = made({ blame: true });
  using lease = new Lease(backend, "ranked", clock, events);
  lease.connected(CLIENT);
  lease.asked();
  clock.advance(3);
  lease.hungUp();
  expect(events.told).toEqual(["hung up, asked true, answered false, after 3"]);
  expect(heard.slice(2)).toEqual(["waits", "gave up 3 true"]);
});

test("a reset that is held against the backend is one bad sample, not two", () => {
  const { backend, clock, events, heard } = made({ blame: true });
  using lease = new Lease(backend, "ranked", clock, events);
  lease.connected(CLIENT);
  lease.asked();
  lease.hungUp();
  lease.vacated(true);
  expect(heard.slice(2)).toEqual(["waits", "gave up 0 true"]);
});

test("an answer before such an end is made up for by the worst wait", () => {
  const { backend, clock, events, heard } = made({ blame: true });
  using lease = new Lease(backend, "ranked", clock, events);
  lease.connected(CLIENT);
  lease.asked();
  lease.answered();
  lease.hungUp();
  expect(events.told.at(-1)).toBe("hung up, asked true, answered true, after 0");
  expect(heard.slice(2)).toEqual(["waits", "answered 0", "waits", "gave up 0 true"]);
});

test("an end that is held against no one leaves the wait to the end of the session", () => {
  const { backend, clock, events, heard } = made();
  const lease = new Lease(backend, "ranked", clock, events);
  lease.connected(CLIENT);
  lease.asked();
  clock.advance(3);
  lease.hungUp();
  clock.advance(4);
  lease[Symbol.dispose]();
  expect(heard.slice(2)).toEqual(["waits", "gave up 7 false"]);
});

test("a backend that ends before the client's first byte has come is told of again with that", () => {
  const { backend, clock, events } = made();
  using lease = new Lease(backend, "ranked", clock, events);
  lease.connected(CLIENT);
  clock.advance(2);
  lease.hungUp();
  clock.advance(50);
  lease.asked();
  expect(events.told).toEqual([
    "hung up, asked false, answered false, after 2",
    "hung up, asked true, answered false, after 2",
  ]);
});

function made({ blame = false } = {}) {
  const heard: string[] = [];
  const latency: Latency = {
    waits: () => void heard.push("waits"),
    connected: (ms) => void heard.push(`connected ${ms}`),
    answered: (ms) => void heard.push(`answered ${ms}`),
    gaveUp: (ms, failed) => void heard.push(`gave up ${ms} ${failed}`),
    estimateMs: () => 0,
  };
  const counts = new Counts();
  const told: string[] = [];
  const events = {
    told,
    answered: (_: Lease, afterMs: number) => void told.push(`answered after ${afterMs}`),
    hungUp: (_: Lease, { asked, answered, afterMs }: Hangup) => {
      told.push(`hung up, asked ${asked}, answered ${answered}, after ${afterMs}`);
      return blame;
    },
    freed: () => {},
  };
  return { backend: new Backend(SETTINGS, counts, latency), clock: new ManualClock(), counts, heard, events };
}
