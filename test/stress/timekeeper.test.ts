import { expect, test } from "vitest";
import { Timekeeper } from "../../stress/timekeeper.ts";

function ringOf(timekeeper: Timekeeper): Promise<number> {
  return new Promise((resolve) => {
    timekeeper.ring = () => resolve(performance.now());
  });
}

test("rings at the moment asked for and not before, once for each", async () => {
  using timekeeper = await Timekeeper.start();
  for (const ms of [0, 0.4, 1.7, 30]) {
    const askedAt = performance.now();
    timekeeper.ringIn(ms);
    expect((await ringOf(timekeeper)) - askedAt).toBeGreaterThanOrEqual(ms);
  }
});

test("rings at the last moment asked for, be it earlier or later than the one before", async () => {
  using timekeeper = await Timekeeper.start();
  timekeeper.ringIn(3_600_000);
  timekeeper.ringIn(1);
  await ringOf(timekeeper);
  const askedAt = performance.now();
  timekeeper.ringIn(100);
  timekeeper.ringIn(200);
  expect((await ringOf(timekeeper)) - askedAt).toBeGreaterThanOrEqual(200);
});

test("notes how late the event loop takes up what comes in while it is busy", async () => {
  using timekeeper = await Timekeeper.start();
  const busyUntil = performance.now() + 300;
  while (performance.now() < busyUntil);
  while (timekeeper.latenessUs.values.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(Math.max(...timekeeper.latenessUs.values)).toBeGreaterThan(20_000);
  expect(Math.min(...timekeeper.latenessUs.values)).toBeGreaterThanOrEqual(0);
});
