import { expect, test } from "vitest";
import type { Message, Moment, Piece } from "#lb/admin/page/wire";
import { World } from "#lb/admin/page/world";
import { messageTold } from "./scripted.ts";

function pieceAt(second: number, text: string): Piece {
  return { at: new Date(second * 1_000).toISOString(), tone: "plain", subject: "p/a", text };
}

function told(second: number, news: readonly Piece[], laboratory?: true): Message {
  return {
    at: new Date(second * 1_000).toISOString(),
    health: { status: "ok", reasons: [] },
    clients: [],
    moments: [],
    news,
    listeners: [],
    pools: [],
    ...(laboratory && { laboratory }),
  };
}

test("what happened stays when the balancer begins anew, and is there once when it goes on", () => {
  const world = new World();
  const [down, up, drained] = [pieceAt(1, "down"), pieceAt(2, "up"), pieceAt(9, "drained")];
  world.hear(told(3, [down, up]), true);
  world.hear(told(5, [down, up]), true);
  expect(world.news).toEqual([up, down]);
  world.hear(told(8, []), true);
  expect(world.news).toEqual([up, down]);
  world.hear(told(9, [drained]), false);
  expect(world.news).toEqual([drained, up, down]);
});

test("a laboratory is there until another balancer has none", () => {
  const world = new World();
  world.hear(told(1, [], true), true);
  world.hear(told(2, []), false);
  expect(world.laboratory).toBe(true);
  world.hear(told(3, []), true);
  expect(world.laboratory).toBe(false);
});

const BEGAN = Date.parse("2026-01-01T00:00:00.000Z");
const HOUR_MS = 3_600_000;

function momentTold(ms: number): Moment {
  const none = { p50: null, p99: null };
  return {
    at: new Date(ms).toISOString(),
    perSec: 1,
    active: 1,
    endings: {},
    connectMs: none,
    sessionMs: none,
  };
}

/** What is known after a message a second, from one time to another. */
function heard(world: World, fromMs: number, seconds: number): void {
  for (let ms = fromMs; ms < fromMs + seconds * 1_000; ms += 1_000)
    world.hear(messageTold([], { at: new Date(ms).toISOString(), moments: [momentTold(ms)] }), false);
}

test.each([
  ["does not jump", 0],
  ["jumps back", -24 * HOUR_MS],
  ["jumps ahead", HOUR_MS],
])("five minutes are kept where the balancer's clock %s", (_what, jumpMs) => {
  const world = new World();
  heard(world, BEGAN, 400);
  heard(world, BEGAN + 400_000 + jumpMs, 400);
  expect(world.moments.length).toBe(301);
  expect(world.moments.at(-1)?.at).toBe(new Date(world.atMs).toISOString());
  expect(world.moments.every(({ at }) => Date.parse(at) <= world.atMs)).toBe(true);
});
