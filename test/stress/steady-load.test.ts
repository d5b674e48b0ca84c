import { expect, test } from "vitest";
import type { Clock } from "#lb/core/clock";
import { SteadyLoad } from "../../stress/live/steady-load.ts";
import { arrivals } from "../../stress/pace.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo } from "../support/peer.ts";

const PER_SEC = 100;
const FACTOR = 4;
const SEED = 3;

/** A clock whose timers are late by up to a millisecond, as those of a machine. */
class LateClock extends ManualClock implements Clock {
  #stoodStillMs = 0;

  override now(): number {
    return super.now() + this.#stoodStillMs;
  }

  override after(ms: number, fn: () => void) {
    return super.after(Math.floor(ms) + 1, fn);
  }

  /** Time passes, and no timer fires. */
  standStill(ms: number): void {
    this.#stoodStillMs += ms;
  }
}

/** A load on a server that counts its sessions. */
async function loaded() {
  let came = 0;
  const server = await backend((peer) => {
    came += 1;
    echo(peer);
  });
  const clock = new LateClock();
  const load = new SteadyLoad(server.endpoint, PER_SEC, SEED, clock);
  const end = async () => {
    load[Symbol.dispose]();
    await server.stop();
  };
  return { clock, load, came: () => came, [Symbol.asyncDispose]: end };
}

/** How many sessions come in a second. */
function planned(): number {
  const times = arrivals(PER_SEC, "poisson", SEED);
  let count = 0;
  while (times.next().value < FACTOR * 1_000_000) count += 1;
  return count;
}

test("sessions come at the rate that is told, though timers are late", async () => {
  await using world = await loaded();
  world.load.scale(FACTOR);
  await world.clock.run(1_000);
  await eventually(() => expect(world.came()).toBeGreaterThan(planned() - 10));
  expect(world.came()).toBeLessThan(planned() + 10);
});

test("what was to come while the process stood still is left out", async () => {
  await using world = await loaded();
  await world.clock.run(100);
  world.clock.standStill(3_600_000);
  await world.clock.run(1_000);
  await eventually(() => expect(world.came()).toBeGreaterThan(PER_SEC / 2));
  expect(world.came()).toBeLessThan(2 * PER_SEC);
});
