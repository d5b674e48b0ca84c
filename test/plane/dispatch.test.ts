import { expect, test } from "vitest";
import type { SessionRecord } from "#lb/contract/record";
import type { Report } from "#lb/contract/report";
import { Dispatch } from "#lb/plane/dispatch";

const MOST_OF_SESSIONS = 8_192;
const MOST_OTHERS = 16_384;

test("sends what it is given, in its order, and nothing where there is nothing", () => {
  const { dispatch, sent } = dispatching();
  dispatch.send([session, change, session]);
  dispatch.send([]);
  expect(sent).toEqual([[session, change, session]]);
});

test("has so many records under way at most, drops the rest, and says how many once there is room", () => {
  const { dispatch, sent } = dispatching();
  for (let n = 0; n < MOST_OF_SESSIONS + 256; n += 256) dispatch.send(batchOf(session));
  dispatch.send([bug]);
  expect(sent.flat()).toHaveLength(MOST_OF_SESSIONS);
  const batches = sent.length;
  for (let taken = 1; taken < batches / 2; taken++) dispatch.taken();
  expect(sent).toHaveLength(batches);
  dispatch.send([session]);
  expect(sent).toHaveLength(batches);
  dispatch.taken();
  expect(sent.slice(batches)).toEqual([[{ kind: "dropped", sessions: 258, others: 0 }]]);
  dispatch.send([session]);
  expect(sent.at(-1)).toEqual([session]);
});

test("sends changes of state while it drops records", () => {
  const { dispatch, sent } = dispatching();
  for (let n = 0; n <= MOST_OF_SESSIONS; n += 256) dispatch.send(batchOf(session));
  dispatch.send([session, change, bug]);
  expect(sent.at(-1)).toEqual([change]);
});

test("has a bound for changes of state, too", () => {
  const { dispatch, sent } = dispatching();
  for (let n = 0; n < MOST_OTHERS; n += 256) dispatch.send(batchOf(change));
  dispatch.send([change, session]);
  expect(sent.at(-1)).toEqual([session]);
  const batches = sent.length;
  for (let taken = 0; taken < batches; taken++) dispatch.taken();
  expect(sent.slice(batches)).toEqual([[{ kind: "dropped", sessions: 0, others: 1 }]]);
});

test("tells a loss once, however many batches are taken later", () => {
  const { dispatch, sent } = dispatching();
  for (let n = 0; n <= MOST_OF_SESSIONS; n += 256) dispatch.send(batchOf(session));
  for (let taken = 0; taken < 40; taken++) dispatch.taken();
  expect(sent.flat().filter(({ kind }) => kind === "dropped")).toHaveLength(1);
});

const session: Report = { kind: "session", record: { id: "1" } as SessionRecord };
const bug: Report = { kind: "bug", session: "1", error: "none" };
const change: Report = { kind: "no-backend", pool: "p", sessions: 1 };

function batchOf(report: Report): readonly Report[] {
  return Array.from({ length: 256 }, () => report);
}

function dispatching() {
  const sent: (readonly Report[])[] = [];
  const port = {
    postMessage: (message: object) => void sent.push((message as { batch: readonly Report[] }).batch),
  };
  return { dispatch: new Dispatch(port), sent };
}
