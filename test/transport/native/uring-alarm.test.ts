import { describe, expect, test } from "vitest";
import { type Libc, libc } from "#lb/transport/native/libc";
import { ETIME } from "#lb/transport/native/linux";
import { Alarm } from "#lb/transport/native/uring-alarm";
import { Ring } from "#lb/transport/native/uring-ring";
import { byUring, uringAbsence } from "../../support/engines.ts";

const HIGH = 14;
const DAY_MS = 24 * 3_600_000;

describe.skipIf(uringAbsence !== undefined)(`an alarm ${byUring}`, () => {
  const library = libc() as Libc;

  test("ends a wait when it is time, and not before", () => {
    using made = alarmed(library);
    const startMs = performance.now();
    made.alarm.within(30, 0);
    made.ring.wait();
    expect(performance.now() - startMs).toBeGreaterThan(29);
    expect(made.rung()).toEqual([-ETIME]);
  });

  test("one that is under way serves all waits that end no earlier", () => {
    using made = alarmed(library);
    made.alarm.within(20, 1_000);
    for (let ms = 0; ms < 20; ms++) made.alarm.within(20 - ms, 1_000 + ms);
    for (let ms = 0; ms < 20; ms++) made.alarm.within(100, 1_000 + ms);
    expect(made.ring.pending).toBe(1);
  });

  test("a wait that ends earlier has its own, and those under way are no more than the milliseconds of the longest", () => {
    using made = alarmed(library);
    let under = 0;
    for (let ms = 100; ms >= 0; ms--) {
      for (let times = 0; times < 3; times++) made.alarm.within(ms + times / 4, 0);
      expect(made.ring.pending).toBeGreaterThanOrEqual(under);
      under = made.ring.pending;
    }
    expect(under).toBeGreaterThan(50);
    expect(under).toBeLessThanOrEqual(101);
  });

  test("one that has rung is set again, and one that should have rung long ago is not waited for", () => {
    using made = alarmed(library);
    made.alarm.within(1, 0);
    made.ring.wait();
    expect(made.rung()).toEqual([-ETIME]);
    made.alarm.within(1, 10);
    expect(made.ring.pending).toBe(1);
    made.ring.flush();
    made.alarm.within(100, 500);
    expect(made.ring.pending).toBe(0);
    made.alarm.within(100, 5_000);
    expect(made.ring.pending).toBe(1);
  });

  test("a wait of many days begins", () => {
    using made = alarmed(library);
    made.alarm.within(240 * DAY_MS, 0);
    made.ring.flush();
    expect(made.rung()).toEqual([]);
  });
});

function alarmed(library: Libc) {
  const ring = new Ring(library, { entries: 128, completions: 256 });
  const alarm = new Alarm(ring, HIGH);
  return {
    ring,
    alarm,
    /** The results of alarms that rang since. */
    rung(): number[] {
      const rung: number[] = [];
      ring.reap((_, high, result) => {
        expect(high).toBe(HIGH);
        rung.push(result);
        alarm.rang();
      });
      return rung;
    },
    [Symbol.dispose]: () => ring.close(),
  };
}
