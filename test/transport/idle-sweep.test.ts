import fc from "fast-check";
import { expect, test } from "vitest";
import { IdleSweep, lookEveryMs, Watched } from "#lb/transport/idle-sweep";
import { ManualClock } from "../support/manual-clock.ts";

class Probe extends Watched {
  progress = 0;
  stillLooks = 0;
  quietAtMs: number | undefined;

  constructor(
    readonly clock: ManualClock,
    public quietMs: number,
  ) {
    super();
  }

  still(): void {
    this.stillLooks += 1;
  }

  quiet(): void {
    this.quietAtMs = this.clock.now();
  }
}

test("is never early, and at most a quarter of the limit or two seconds late", () => {
  const limit = fc.integer({ min: 100, max: 3_600_000 });
  const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(
    fc.property(limit, fc.array(share, { maxLength: 8 }), (limitMs, pauses) => {
      const clock = new ManualClock();
      const sweep = new IdleSweep(clock, lookEveryMs(limitMs));
      const probe = new Probe(clock, limitMs);
      sweep.watch(probe);
      for (const pause of pauses) {
        clock.advance(pause * limitMs);
        probe.progress += 1;
      }
      expect(probe.quietAtMs).toBeUndefined();
      const lastMs = clock.now();
      clock.advance(2 * limitMs);
      const lateMs = (probe.quietAtMs as number) - lastMs - limitMs;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThanOrEqual(Math.min(limitMs / 4, 2_048));
    }),
    { numRuns: 50 },
  );
});

test("tells at each look that nothing has moved since the last, and not where something has", () => {
  const clock = new ManualClock();
  const sweep = new IdleSweep(clock, 100);
  const probe = new Probe(clock, 1_000);
  sweep.watch(probe);
  probe.progress += 1;
  clock.advance(100);
  expect(probe.stillLooks).toBe(0);
  clock.advance(200);
  expect(probe.stillLooks).toBe(2);
});

test("tells quiet once, and does not watch on", () => {
  const clock = new ManualClock();
  const sweep = new IdleSweep(clock, 100);
  const probe = new Probe(clock, 1_000);
  sweep.watch(probe);
  clock.advance(5_000);
  const first = probe.quietAtMs;
  clock.advance(5_000);
  expect(probe.quietAtMs).toBe(first);
});

test("a limit that becomes shorter counts from the next look", () => {
  const clock = new ManualClock();
  const sweep = new IdleSweep(clock, 100);
  const probe = new Probe(clock, 60_000);
  sweep.watch(probe);
  clock.advance(1_000);
  probe.quietMs = 2_000;
  clock.advance(1_100);
  expect(probe.quietAtMs).toBe(2_000);
});

test("sets no timer while it watches nothing", () => {
  const clock = new ManualClock();
  const sweep = new IdleSweep(clock, 100);
  const probes = [new Probe(clock, 1_000), new Probe(clock, 1_000)];
  expect(clock.timers).toBe(0);
  for (const probe of probes) sweep.watch(probe);
  expect(clock.timers).toBe(1);
  for (const probe of probes) sweep.release(probe);
  clock.advance(100);
  expect(clock.timers).toBe(0);
});

test("never ends what has no limit", () => {
  const clock = new ManualClock();
  const sweep = new IdleSweep(clock, lookEveryMs(Infinity));
  const probe = new Probe(clock, Infinity);
  sweep.watch(probe);
  clock.advance(86_400_000);
  expect(probe.quietAtMs).toBeUndefined();
});
