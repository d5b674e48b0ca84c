import { describe, expect, test } from "vitest";
import { numbersOf } from "#lb/operate/top/numbers";
import { firstView, pressed, selectedOf, sorted, type View } from "#lb/operate/top/view";
import { backend, down } from "../documents.ts";
import { pool, sample } from "./samples.ts";

const numbers = numbersOf(
  sample([
    pool([
      backend("b10", { active: 3, failed: 1, connected: 5 }),
      backend("b2", { active: 9, connected: 9 }),
      backend("a", { ...down("refused"), failed: 7 }),
    ]),
    pool([backend("x")], { name: "other" }),
    pool([], { name: "empty" }),
  ]),
  sample([pool([backend("b10"), backend("b2"), backend("a")])], { atMs: 0 }),
);

/** What becomes of a view when keys are pressed one after another. */
function typed(...keys: readonly string[]) {
  let view: View = firstView;
  let does: ReturnType<typeof pressed>["does"];
  for (const key of keys) ({ view, does } = { does: undefined, ...pressed(view, key, numbers) });
  return { view, does };
}
const selected = (...keys: readonly string[]) => selectedOf(numbers, typed(...keys).view)?.backend.name;

test.each([
  ["o", ["b10", "b2", "a"]],
  ["n", ["a", "b2", "b10"]],
  ["a", ["b2", "b10", "a"]],
  ["s", ["a", "b10", "b2"]],
  ["c", ["b2", "b10", "a"]],
  ["f", ["a", "b10", "b2"]],
])("%s sorts, i turns it round, and another sort is not turned", (key, names) => {
  const order = (view: View) => sorted(numbers.pools[0] as never, view).map(({ backend: { name } }) => name);
  expect(order(typed(key).view)).toEqual(names);
  expect(order(typed(key, "i").view)).toEqual(names.toReversed());
  expect(order(typed("n", "i", key).view)).toEqual(names);
});

test.each([
  [[], "b10"],
  [["down"], "b2"],
  [["j", "j", "j"], "x"],
  [["end", "down"], "x"],
  [["end", "up"], "a"],
  [["pagedown", "home"], "b10"],
  [["up"], "b10"],
  [["n"], "a"],
  [["down", "n"], "b2"],
])("%j selects, through all pools and in the order that is seen", (keys, name) => {
  expect(selected(...keys)).toBe(name);
});

test("where the selected backend is gone, the first is selected", () => {
  const gone: View = { ...firstView, selected: { pool: "ping", backend: "gone" } };
  expect(selectedOf(numbers, gone)?.backend.name).toBe("b10");
  expect(selectedOf(numbersOf(sample([]), undefined), gone)).toBeUndefined();
});

describe("d and r", () => {
  const place = { pool: "ping", backend: "b2" };

  test.each([
    ["d", "drain"],
    ["r", "ready"],
  ])("%s asks first, and only y is a yes", (key, state) => {
    const asked = typed("down", key);
    expect([asked.view.asked, asked.does]).toEqual([{ state, place }, undefined]);
    expect(typed("down", key, "y")).toMatchObject({ does: { state, place }, view: { asked: undefined } });
    for (const other of ["n", "q", "escape", "d", "Y", "return"])
      expect(typed("down", key, other)).toMatchObject({
        does: undefined,
        view: { asked: undefined, message: "nothing was changed" },
      });
  });

  test("mean the backend that was selected, also when the order changes meanwhile", () => {
    const { view } = typed("down", "d");
    const moved = numbersOf(sample([pool([backend("b2"), backend("b10")])]), undefined);
    expect(pressed(view, "y", moved).does).toEqual({ state: "drain", place });
  });

  test("do nothing where there is no backend", () => {
    const none = numbersOf(sample([]), undefined);
    for (const key of ["d", "r", "down", "end"])
      expect(pressed(firstView, key, none).view.asked).toBeUndefined();
  });
});

test("h shows help until any key, q leaves, other keys do nothing", () => {
  expect(typed("h").view.help).toBe(true);
  for (const key of ["d", "q"]) expect(typed("h", key)).toEqual({ view: firstView });
  expect(typed("q").does).toBe("quit");
  for (const key of ["z", "", "__proto__", "constructor", "f5"])
    expect(typed(key)).toEqual({ view: firstView });
});
