import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { SessionRecord } from "#lb/contract/record";
import type { Report } from "#lb/contract/report";
import { Reports } from "#lb/plane/reports";

test("hands over what happened in one turn of the loop in one batch, in its order", async () => {
  const { reports, batches } = subscribed({ records: true });
  reports.report(bug("1"));
  reports.report(session("2"));
  expect(batches).toEqual([]);
  await turn();
  reports.report(bug("3"));
  await turn();
  expect(batches).toEqual([["bug 1", "session 2"], ["bug 3"]]);
});

test("hands each batch to all that subscribed, session records only where they are wanted", async () => {
  const { reports, batches } = subscribed({ records: true });
  const others: string[][] = [];
  reports.subscribe((batch) => others.push(batch.map(wordOf)), { records: false });
  for (const each of [session("1"), bug("2"), session("3")]) reports.report(each);
  await turn();
  reports.report(session("4"));
  await turn();
  expect(batches).toEqual([["session 1", "bug 2", "session 3"], ["session 4"]]);
  expect(others).toEqual([["bug 2"]]);
});

test("says whether a listener wants session records", () => {
  const { reports, subscription } = subscribed({ records: true });
  using _other = reports.subscribe(() => {}, { records: false });
  expect(reports.recording).toBe(true);
  const second = reports.subscribe(() => {}, { records: true });
  subscription[Symbol.dispose]();
  expect(reports.recording).toBe(true);
  second[Symbol.dispose]();
  second[Symbol.dispose]();
  expect(reports.recording).toBe(false);
});

test("gives a listener what happens from then on, and nothing that happened before", async () => {
  const { reports, batches } = subscribed({ records: true });
  reports.report(bug("1"));
  const late: string[][] = [];
  reports.subscribe((batch) => late.push(batch.map(wordOf)), { records: true });
  reports.report(bug("2"));
  await turn();
  expect(late).toEqual([["bug 2"]]);
  expect(batches.flat()).toEqual(["bug 1", "bug 2"]);
});

test("gives a listener all that happened before it was disposed of, and nothing after", async () => {
  const { reports, batches, subscription } = subscribed({ records: true });
  reports.report(bug("1"));
  subscription[Symbol.dispose]();
  reports.report(bug("2"));
  await turn();
  expect(batches).toEqual([["bug 1"]]);
});

test("a listener that takes another's place misses nothing and hears nothing twice", async () => {
  const reports = new Reports();
  const heard: string[] = [];
  const subscribe = (records: boolean) =>
    reports.subscribe((batch) => void heard.push(...batch.map(wordOf)), { records });
  const first = subscribe(true);
  reports.report(session("1"));
  const second = subscribe(false);
  first[Symbol.dispose]();
  reports.report(bug("2"));
  subscribe(true);
  second[Symbol.dispose]();
  reports.report(session("3"));
  await turn();
  expect(heard).toEqual(["session 1", "bug 2", "session 3"]);
});

test("a listener that is disposed of by another one hears nothing any more, though a batch is under way", async () => {
  const reports = new Reports();
  const heard: string[] = [];
  reports.subscribe(() => second[Symbol.dispose](), { records: true });
  const second = reports.subscribe((batch) => void heard.push(...batch.map(wordOf)), { records: true });
  reports.report(bug("1"));
  await turn();
  expect(heard).toEqual([]);
});

test("hands over what there is when it is told to, once", async () => {
  const { reports, batches } = subscribed({ records: true });
  reports.report(bug("1"));
  reports.flush();
  reports.flush();
  expect(batches).toEqual([["bug 1"]]);
  await turn();
  expect(batches).toEqual([["bug 1"]]);
});

function subscribed(wanted: { readonly records: boolean }) {
  const reports = new Reports();
  const batches: string[][] = [];
  const subscription = reports.subscribe((batch) => batches.push(batch.map(wordOf)), wanted);
  return { reports, batches, subscription };
}

function bug(id: string): Report {
  return { kind: "bug", session: id, error: "none" };
}

function session(id: string): Report {
  return { kind: "session", record: { id } as SessionRecord };
}

function wordOf(report: Report): string {
  if (report.kind === "session") return `session ${report.record.id}`;
  return report.kind === "bug" ? `bug ${report.session}` : report.kind;
}
