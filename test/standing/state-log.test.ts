import { expect, test } from "vitest";
import type { AdministrativeState } from "#lb/contract/backend";
import type { Report } from "#lb/contract/report";
import type { Backend } from "#lb/live/backend";
import { trials } from "#lb/live/trial";
import { Standing } from "#lb/standing/standing";
import { StateLog } from "#lb/standing/state-log";
import { equalBackends } from "../support/backends.ts";
import { ManualClock } from "../support/manual-clock.ts";

test("tells of each change once, why, and how long the last state held", () => {
  const { clock, standing, log, told } = made();
  log.note(standing, "configured");
  clock.advance(7_000);
  standing.probed(false, "3 probes in a row failed", 0);
  log.note(standing, "3 probes in a row failed");
  log.note(standing, "again");
  clock.advance(500);
  standing.probed(true, "", 0);
  log.note(standing, "2 probes in a row passed");
  const change = { kind: "backend", pool: "p", backend: "s1" };
  expect(told).toEqual([
    { ...change, state: "down", was: "up", reason: "3 probes in a row failed", lastedMs: 7_000 },
    { ...change, state: "up", was: "down", reason: "2 probes in a row passed", lastedMs: 500 },
  ]);
});

test("a backend that is seen for the first time is news only where it is not up", () => {
  const { standing, want, log, told } = made();
  log.note(standing, "configured");
  expect(told).toEqual([]);
  log.forget(standing.backend);
  want("maint");
  log.note(standing, "configured");
  expect(told).toMatchObject([{ state: "maint", reason: "configured", lastedMs: 0 }]);
});

test.each([
  ["up", "ready", {}],
  ["down", "ready", { alive: false }],
  ["ejected", "ready", { ejected: true }],
  ["down", "ready", { alive: false, ejected: true }],
  ["draining", "drain", { alive: false }],
  ["maint", "maint", { ejected: true }],
] as const)("calls %s a backend that is wanted %s and found %o", (status, state, found) => {
  const { standing, want, log, told } = made();
  want(state);
  const { alive = true, ejected = false } = found as { alive?: boolean; ejected?: boolean };
  standing.probed(alive, "", 0);
  standing.tried(ejected, trials.none, "", 0);
  log.note(standing, "configured");
  expect(told.map((change) => change.kind === "backend" && change.state)).toEqual(
    status === "up" ? [] : [status],
  );
});

test("what health finds of a backend in maintenance is no news, and is told when it is over, not the word that ended it", () => {
  const { clock, standing, want, log, told } = made();
  log.note(standing, "configured");
  want("maint");
  log.note(standing, "configured");
  standing.probed(false, "a probe failed", 0);
  log.note(standing, "a probe failed");
  clock.advance(60_000);
  want("ready");
  log.note(standing, "set by an operator");
  expect(told).toMatchObject([
    { state: "maint", reason: "configured", lastedMs: 0 },
    { state: "down", reason: "a probe failed", lastedMs: 60_000 },
  ]);
});

function made() {
  const clock = new ManualClock();
  const [backend] = equalBackends(1, clock) as [Backend];
  const told: Report[] = [];
  const want = (state: AdministrativeState) => {
    backend.settings = { ...backend.settings, state };
  };
  const log = new StateLog(clock, "p", (report) => told.push(report));
  return { clock, standing: new Standing(backend, 0), want, told, log };
}
