import fc from "fast-check";
import { expect, test } from "vitest";
import { Recent } from "#lb/admission/recent";
import { collectGarbage } from "../support/garbage.ts";

test("keeps the keys that were asked for last, and the values that were made for them", () => {
  const keys = fc.array(fc.stringMatching(/^[a-j]$/), { maxLength: 300 });
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 8 }), (asked, max) => {
      const recent = new Recent<{ key: string; madeAt: number }>(max);
      let kept: { key: string; madeAt: number }[] = [];
      asked.forEach((key, at) => {
        const known = kept.find((each) => each.key === key) ?? { key, madeAt: at };
        kept = [...kept.filter((each) => each !== known), known].slice(-max);
        expect(recent.get(key, () => ({ key, madeAt: at }))).toEqual(known);
        expect([...recent.values()]).toEqual(kept);
      });
    }),
  );
});

test("begins anew once it was cleared", () => {
  const recent = new Recent<number>(2);
  for (const key of ["a", "b", "c"]) recent.get(key, () => 1);
  recent.clear();
  expect(recent.size).toBe(0);
  for (const key of ["a", "b", "c"]) recent.get(key, () => 2);
  expect([...recent.values()]).toEqual([2, 2]);
  expect(recent.get("a", () => 3)).toBe(3);
});

test("takes no memory for what is asked for again and again", () => {
  const recent = new Recent<number>(100_000);
  const ask = (times: number) => {
    for (let n = 0; n < times; n++) recent.get(String(n % 1_000), () => n);
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = ask(10_000);
  expect(ask(300_000) - before).toBeLessThan(4 << 20);
});
