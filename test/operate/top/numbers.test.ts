import { expect, test } from "vitest";
import { numbersOf } from "#lb/operate/top/numbers";
import { backend } from "../documents.ts";
import { listener, pool, sample } from "./samples.ts";

const at = (atMs: number, connected: number, failed: number) =>
  sample([pool([backend("a", { connected, failed })])], {
    atMs,
    listeners: [listener({ sessions: connected, endings: { done: connected, "no-backend": failed } })],
  });

test.each([
  ["in a second", at(1_000, 10, 1), at(2_000, 30, 2), 20, 1],
  ["over a gap", at(1_000, 10, 1), at(11_000, 110, 1), 10, 0],
  ["before there is another sample", undefined, at(1_000, 10, 1), undefined, undefined],
  ["of a balancer that was started anew", at(1_000, 10, 5), at(2_000, 0, 0), undefined, undefined],
  ["of two samples at once", at(1_000, 10, 1), at(1_000, 30, 2), undefined, undefined],
])("a rate %s", (_what, before, now, perSec, failedPerSec) => {
  const { listeners, pools } = numbersOf(now, before);
  expect(pools[0]).toMatchObject({ backends: [{ pool: "ping" }] });
  expect([pools[0]?.perSec, pools[0]?.backends[0]?.failedPerSec]).toEqual([perSec, failedPerSec]);
  expect([listeners[0]?.perSec, listeners[0]?.failedPerSec]).toEqual([perSec, failedPerSec]);
});

test("what came since has no rate yet, and the pool's is that of the others", () => {
  const before = sample([pool([backend("a")])]);
  const now = sample([pool([backend("a", { connected: 5 }), backend("b", { connected: 3 })])], {
    atMs: 2_000,
  });
  const [found] = numbersOf(now, before).pools;
  expect([found?.perSec, found?.backends.map(({ perSec }) => perSec)]).toEqual([5, [5, undefined]]);
});

test("of endings the failures of servers, the balancer and room are counted, and no others", () => {
  const words = { done: 1, "client-reset": 2, denied: 4, "no-backend": 8, bug: 16, "backend-reset": 32 };
  expect(
    numbersOf(sample([], { listeners: [listener({ endings: words })] }), undefined).listeners[0],
  ).toMatchObject({
    failed: 56,
  });
});
