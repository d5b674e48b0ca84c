import { expect, test } from "vitest";
import { type NameChange, NameNews } from "#lb/control/name-news";
import { ManualClock } from "../support/manual-clock.ts";

test("tells of a change at once, of what goes on changing once a minute, and then at once again", async () => {
  using made = noted();
  for (let second = 0; second < 120; second++) {
    made.news.changed({ name: "a", addresses: [`192.0.2.${second}`] });
    await made.clock.run(1_000);
  }
  expect(made.told).toEqual([
    { name: "a", addresses: ["192.0.2.0"] },
    { name: "a", addresses: ["192.0.2.59"], changes: 59 },
    { name: "a", addresses: ["192.0.2.119"], changes: 60 },
  ]);
  await made.clock.run(60_000);
  made.news.changed({ name: "a", addresses: [] });
  expect(made.told.at(-1)).toEqual({ name: "a", addresses: [] });
});

test("tells nothing of what went round and is as it was told, and each name by itself", async () => {
  using made = noted();
  for (const end of [1, 2, 1]) made.news.changed({ name: "a", addresses: [`192.0.2.${end}`] });
  made.news.changed({ name: "b", addresses: [], reason: "refused" });
  await made.clock.run(120_000);
  expect(made.told).toEqual([
    { name: "a", addresses: ["192.0.2.1"] },
    { name: "b", addresses: [], reason: "refused" },
  ]);
  expect(made.clock.timers).toBe(0);
});

function noted() {
  const clock = new ManualClock();
  const told: NameChange[] = [];
  const news = new NameNews(clock, (change) => told.push(change));
  return { clock, told, news, [Symbol.dispose]: () => news[Symbol.dispose]() };
}
