import fc from "fast-check";
import { expect, test } from "vitest";
import { Rest } from "#lb/observe/metrics/rest";

test("is what was counted in all, less what is shown", () => {
  const rest = new Rest();
  expect(rest.settle(new Map([["a", [3]]]), [10], true)).toEqual([7]);
  expect(rest.settle(new Map([["a", [5]]]), [13], true)).toEqual([8]);
});

test("what is shown no more takes what it counted along, and what comes anew brings nothing of the rest", () => {
  const rest = new Rest();
  rest.settle(new Map([["a", [3]]]), [10], true);
  expect(rest.settle(new Map([["b", [4]]]), [11], true)).toEqual([8]);
  expect(rest.settle(new Map([["b", [6]]]), [13], true)).toEqual([8]);
});

test("is needed from the first time on that something is not shown", () => {
  const rest = new Rest();
  rest.settle(new Map([["a", [1]]]), [1], false);
  expect(rest.isNeeded).toBe(false);
  rest.settle(new Map([["a", [1]]]), [2], true);
  rest.settle(new Map([["a", [1]]]), [2], false);
  expect(rest.isNeeded).toBe(true);
});

test("begins again where what counts all began again", () => {
  const rest = new Rest();
  rest.settle(new Map([["a", [3]]]), [10], true);
  expect(rest.settle(new Map([["a", [1]]]), [2], true)).toEqual([1]);
});

/** Things that count, are removed and come back at 0, two of which may be shown. */
class Things {
  readonly #counts = new Map<string, number>();
  readonly #shown = new Set<string>();
  #total = 0;

  count(thing: string): void {
    this.#counts.set(thing, (this.#counts.get(thing) ?? 0) + 1);
    this.#total += 1;
  }

  leave(thing: string): void {
    this.#counts.delete(thing);
    this.#shown.delete(thing);
  }

  show(thing: string): void {
    if (this.#counts.has(thing) && this.#shown.size < 2) this.#shown.add(thing);
  }

  settle(rest: Rest): number {
    const own = new Map([...this.#shown].map((each) => [each, [this.#counts.get(each) ?? 0]]));
    const others = [...this.#counts.keys()].some((each) => !this.#shown.has(each));
    return rest.settle(own, [this.#total], others)[0] as number;
  }
}

const does = fc.constantFrom("count", "leave", "show", "look");
const walks = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), does), { maxLength: 80 });

test("never goes down, whatever comes, counts and leaves", () => {
  fc.assert(
    fc.property(walks, (walk) => {
      const [rest, things] = [new Rest(), new Things()];
      let before = 0;
      for (const [thing, step] of walk) {
        if (step !== "look") {
          things[step](thing);
          continue;
        }
        const now = things.settle(rest);
        expect(now).toBeGreaterThanOrEqual(before);
        before = now;
      }
    }),
  );
});
