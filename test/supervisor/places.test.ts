import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Places } from "#lb/supervisor/places";

test("places are given in the order in which they were asked for, and so many at most", async () => {
  const places = new Places(2);
  const had: number[] = [];
  const taking = [1, 2, 3, 4].map(async (number) => {
    const place = await places.take();
    had.push(number);
    return place;
  });
  await turn();
  expect(had).toEqual([1, 2]);
  const [first, second] = await Promise.all(taking.slice(0, 2));
  first?.[Symbol.dispose]();
  // A second time gives back nothing.
  first?.[Symbol.dispose]();
  await turn();
  expect(had).toEqual([1, 2, 3]);
  second?.[Symbol.dispose]();
  await Promise.all(taking);
  expect(had).toEqual([1, 2, 3, 4]);
});
