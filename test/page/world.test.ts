import { expect, test } from "vitest";
import type { Message, Piece } from "#lb/admin/page/wire";
import { World } from "#lb/admin/page/world";

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
