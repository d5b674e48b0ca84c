import { expect, test } from "vitest";
import type { Moment } from "#lb/admin/page/wire";
import { World } from "#lb/admin/page/world";
import { messageTold } from "./scripted.ts";

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
