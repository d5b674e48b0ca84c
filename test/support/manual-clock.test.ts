import { expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";

test("fires timers in order of time, and those set at the same time in order of setting", () => {
  const clock = new ManualClock();
  const fired: string[] = [];
  for (const [name, ms] of [
    ["c", 20],
    ["a", 10],
    ["b", 10],
    ["never", Infinity],
    ["late", 31],
  ] as const) {
    clock.after(ms, () => fired.push(`${name}@${clock.now()}`));
  }
  clock.advance(30);
  expect(fired).toEqual(["a@10", "b@10", "c@20"]);
  expect(clock.now()).toBe(30);
  expect(clock.timers).toBe(1);
});

test("fires what a timer sets, if that falls due too, and nothing that was cancelled", () => {
  const clock = new ManualClock();
  const fired: number[] = [];
  const cancelled = clock.after(5, () => fired.push(-1));
  const tick = () => {
    fired.push(clock.now());
    clock.after(10, tick);
  };
  clock.after(10, tick);
  cancelled[Symbol.dispose]();
  clock.advance(35);
  expect(fired).toEqual([10, 20, 30]);
});

test("lets promises go on between two timers", async () => {
  const clock = new ManualClock();
  const times: number[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const story = async () => {
    for (let i = 0; i < 3; i++) {
      await wait(10);
      times.push(clock.now());
    }
  };
  void story();
  await clock.run(100);
  expect(times).toEqual([10, 20, 30]);
});
