import { expect, test } from "vitest";
import type { Backend } from "#lb/core/backend";
import { type StateChange, StateLog } from "#lb/pool/state-log";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

test("tells of each change once, why, and how long the last state held", () => {
  const { clock, backend, log, told } = made();
  log.note(backend, "configured");
  clock.advance(7_000);
  backend.alive = false;
  log.note(backend, "3 probes in a row failed");
  log.note(backend, "again");
  clock.advance(500);
  backend.alive = true;
  log.note(backend, "2 probes in a row passed");
  expect(told).toEqual([
    {
      pool: "p",
      backend: "s1",
      state: "down",
      was: "up",
      reason: "3 probes in a row failed",
      lastedMs: 7_000,
    },
    { pool: "p", backend: "s1", state: "up", was: "down", reason: "2 probes in a row passed", lastedMs: 500 },
  ]);
});

test("a backend that is seen for the first time is news only where it is not up", () => {
  const { backend, log, told } = made();
  log.note(backend, "configured");
  expect(told).toEqual([]);
  log.forget(backend);
  backend.adjust({ state: "maint" });
  log.note(backend, "configured");
  expect(told).toMatchObject([{ state: "maint", reason: "configured", lastedMs: 0 }]);
});

test.each([
  ["up", "ready", {}],
  ["down", "ready", { alive: false }],
  ["ejected", "ready", { ejected: true }],
  ["down", "ready", { alive: false, ejected: true }],
  ["draining", "drain", { alive: false }],
  ["maint", "maint", { ejected: true }],
] as const)("calls %s a backend that is wished %s and %o", (status, state, found) => {
  const { backend, log, told } = made();
  backend.adjust({ state });
  log.note(Object.assign(backend, found), "configured");
  expect(told[0]?.state ?? "up").toBe(status);
});

test("what health finds of a backend in maintenance is no news, and is told when it is over", () => {
  const { clock, backend, log, told } = made();
  log.note(backend, "configured");
  backend.adjust({ state: "maint" });
  log.note(backend, "set by an operator");
  backend.alive = false;
  log.note(backend, "a probe failed");
  clock.advance(60_000);
  backend.adjust({ state: "ready" });
  log.note(backend, "set by an operator");
  expect(told.map(({ state, lastedMs }) => [state, lastedMs])).toEqual([
    ["maint", 0],
    ["down", 60_000],
  ]);
});

function made() {
  const clock = new ManualClock();
  const [backend] = equalBackends(1, clock) as [Backend];
  const told: StateChange[] = [];
  return { clock, backend, told, log: new StateLog(clock, "p", (change) => told.push(change)) };
}
