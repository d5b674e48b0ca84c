import { expect, test } from "vitest";
import type { SessionRecord } from "#lb/contract/record";
import type { Report } from "#lb/contract/report";
import type { LogLevel, LogSettings } from "#lb/core/log-settings";
import { openLog } from "#lb/observe/log";
import { PlaneReader } from "#lb/observe/plane-reader";
import type { Plane } from "#lb/plane/plane";
import { Reports } from "#lb/plane/reports";

test("reads all that a plane reports, in its order", () => {
  const { plane, reports } = told();
  const read: Report[] = [];
  new PlaneReader((batch) => read.push(...batch), true).follow(plane);
  for (const each of [BUG, SESSION, BUG]) reports.report(each);
  reports.flush();
  expect(read).toEqual([BUG, SESSION, BUG]);
});

test("has session records built from the moment on that it reads them, and no longer, and misses nothing else", () => {
  const { plane, reports } = told();
  const read: string[] = [];
  const reader = new PlaneReader((batch) => read.push(...batch.map(({ kind }) => kind)), true);
  reader.follow(plane);
  reports.report(SESSION);
  reports.report(BUG);
  reader.read(false);
  expect(reports.recording).toBe(false);
  reports.report(BUG);
  reader.read(true);
  expect(reports.recording).toBe(true);
  reports.report(SESSION);
  reports.flush();
  expect(read).toEqual(["session", "bug", "bug", "session"]);
});

test("subscribes anew only where something else is wanted, and to one plane at a time", () => {
  const [one, other] = [told(), told()];
  const read: Report[] = [];
  const reader = new PlaneReader((batch) => read.push(...batch), false);
  reader.read(true);
  expect(one.wanted).toEqual([]);
  reader.follow(one.plane);
  reader.read(true);
  expect(one.wanted).toEqual([true]);
  reader.follow(other.plane);
  one.reports.report(BUG);
  one.reports.flush();
  expect([one.reports.recording, other.wanted, read]).toEqual([false, [true], []]);
});

test.each([
  ["info", true, true],
  ["debug", true, true],
  ["warn", true, false],
  ["silent", true, false],
  ["info", false, false],
] as const)("a log of level %s with sessions: %s wants session records: %s", (level, sessions, wanted) => {
  const { plane, reports } = told();
  openLog(settings(level, sessions)).follow(plane);
  expect(reports.recording).toBe(wanted);
});

test("a log that is configured otherwise wants them from then on, or no longer", () => {
  const { plane, reports, wanted } = told();
  const log = openLog(settings("warn", true));
  log.follow(plane);
  const recording = (next: LogSettings) => {
    log.configure(next);
    return reports.recording;
  };
  expect(recording(settings("info", true))).toBe(true);
  expect(recording(settings("info", false))).toBe(false);
  expect(recording(settings("debug", true))).toBe(true);
  expect(recording(settings("trace", true))).toBe(true);
  expect(recording(settings("error", true))).toBe(false);
  expect(wanted).toEqual([false, true, false, true, false]);
});

const BUG: Report = { kind: "bug", session: "1", error: "none" };
const SESSION: Report = { kind: "session", record: { id: "1" } as SessionRecord };

/** A plane that tells what it is told to, and whether its listeners wanted session records, in their order. */
function told() {
  const reports = new Reports();
  const wanted: boolean[] = [];
  const subscribe: Plane["subscribe"] = (listener, { records }) => {
    wanted.push(records);
    return reports.subscribe(listener, { records });
  };
  return { plane: { subscribe } as Plane, reports, wanted };
}

function settings(level: LogLevel, sessions: boolean): LogSettings {
  return { level, sessions, format: "json" };
}
