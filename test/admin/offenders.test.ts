import { expect, test } from "vitest";
import { Offenders } from "#lb/admin/offenders";
import { ManualClock } from "../support/manual-clock.ts";

test("each further wrong token of an address is answered later, 4 s at most, until a minute has passed without one", async () => {
  const clock = new ManualClock();
  const offenders = new Offenders(clock);
  const delays = [];
  for (let time = 0; time < 7; time++) delays.push(await delayOf(offenders, clock, "192.0.2.1"));
  expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  expect(await delayOf(offenders, clock, "192.0.2.2")).toBe(250);
  clock.advance(60_001);
  expect(await delayOf(offenders, clock, "192.0.2.1")).toBe(250);
});

test("four of an address wait, and more are turned away at once; addresses of one IPv6 /64 are one", async () => {
  const clock = new ManualClock();
  const offenders = new Offenders(clock);
  const waiting = [1, 2, 3, 4].map((host) => offenders.offended(`2001:db8::${host}`));
  await expect(offenders.offended("2001:db8::5")).rejects.toMatchObject({ code: "too-many" });
  const other = offenders.offended("2001:db8:0:1::5");
  await clock.run(4_000);
  await Promise.all([...waiting, other]);
  expect(clock.timers).toBe(0);
});

test("a thousand addresses are remembered, and of more the one that offended longest ago is forgotten", async () => {
  const clock = new ManualClock();
  const offenders = new Offenders(clock);
  const all = Array.from({ length: 1_001 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
  const waiting = all.map((address) => offenders.offended(address));
  await clock.run(250);
  await Promise.all(waiting);
  expect(await delayOf(offenders, clock, all[1] as string)).toBe(500);
  expect(await delayOf(offenders, clock, all[0] as string)).toBe(250);
});

/** How long a wrong token of an address waits for its answer. */
async function delayOf(offenders: Offenders, clock: ManualClock, address: string): Promise<number> {
  const begunMs = clock.now();
  let over = false;
  void offenders.offended(address).then(() => {
    over = true;
  });
  while (!over) await clock.run(over ? 0 : 50);
  return clock.now() - begunMs;
}
