import { expect, test } from "vitest";
import type { Message, Piece } from "#lb/admin/page/wire";
import { World } from "#lb/admin/page/world";
import { backendTold, messageTold, momentTold } from "./scripted.ts";

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

test("the latest moment is one that this balancer has told, not the one before it", () => {
  const world = new World();
  const at = (ms: number) => new Date(ms).toISOString();
  const moment = momentTold(BEGAN);
  world.hear(messageTold([], { at: at(BEGAN), moments: [moment] }), true);
  world.hear(messageTold([], { at: at(BEGAN + 1_000) }), false);
  expect(world.moment).toEqual(moment);
  world.hear(messageTold([], { at: at(BEGAN + 2_000) }), true);
  expect([world.moment, world.moments]).toEqual([undefined, [moment]]);
});

test("how far a drain is, is known where its beginning was seen", () => {
  const world = new World();
  const { administrative, ...rest } = backendTold("a", { active: 5 });
  const state = { ...administrative.state, value: "drain", source: "api" } as const;
  const draining = { ...rest, administrative: { ...administrative, state } };
  const from = () => [...world.backends()].map(({ drainedFrom }) => drainedFrom);
  world.hear(messageTold([draining]), true);
  world.hear(messageTold([draining]), false);
  expect(from()).toEqual([undefined]);
  world.hear(messageTold([{ ...rest, administrative }]), false);
  world.hear(messageTold([draining]), false);
  world.hear(messageTold([{ ...draining, active: 2 }]), false);
  expect(from()).toEqual([5]);
});
