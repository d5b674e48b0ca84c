import { expect, test } from "vitest";
import { type About, type Base, Words } from "#lb/control/words";
import { atOnce } from "#lb/core/slices";

interface Colours {
  readonly front: string;
  readonly back: string;
}

const RED: Colours = { front: "red", back: "red" };
const BLUE: Colours = { front: "blue", back: "blue" };
const DOOR = { key: "door", part: "door" };
const HANDLE = { key: "door", part: "door/handle" };

test("gives values their sources, and the time since which each is so", () => {
  const words = first({ door: RED }, 100);
  say(words, DOOR, "front", "green", 200);
  expect(words.valuesOf("door")).toEqual({
    front: { value: "green", source: "api", sinceMs: 200 },
    back: { value: "red", source: "file", sinceMs: 100 },
  });
  say(words, DOOR, "front", undefined, 300);
  expect(words.valuesOf("door")?.front).toEqual({ value: "red", source: "file", sinceMs: 300 });
});

test("a value that stays the same has been so since before, one that changes since now", () => {
  const next = over(first({ door: RED }, 100), { door: { ...RED, back: "blue" } }, 200).words;
  expect(next.valuesOf("door")).toMatchObject({ front: { sinceMs: 100 }, back: { sinceMs: 200 } });
});

test("a value that comes from another source by now has been so since now", () => {
  const words = new Words<Colours>();
  words.put("door", { source: "api", values: RED }, [], 100);
  expect(words.valuesOf("door")?.front).toEqual({ value: "red", source: "api", sinceMs: 100 });
  const next = over(words, { door: RED }, 200).words;
  expect(next.valuesOf("door")?.front).toEqual({ value: "red", source: "file", sinceMs: 200 });
});

test("a part without words of its own has those of the whole, and only values that were said of it differ", () => {
  const words = first({ door: RED });
  say(words, DOOR, "front", "green", 0);
  say(words, HANDLE, "back", "gold", 0);
  expect(plain(words, "door", "door/handle")).toEqual({ front: "green", back: "gold" });
  expect(plain(words, "door", "door/hinge")).toEqual({ front: "green", back: "red" });
  expect(plain(words, "door")).toEqual({ front: "green", back: "red" });
  say(words, DOOR, "front", undefined, 0);
  expect(plain(words, "door", "door/handle")).toEqual({ front: "red", back: "gold" });
});

test("tells which words are over by other values beneath, with what they were said of, and keeps the others", () => {
  const words = first({ door: RED, wall: RED, roof: RED });
  say(words, DOOR, "front", "green", 1);
  say(words, HANDLE, "back", "gold", 2);
  say(words, { key: "wall", part: "wall" }, "front", "white", 3);
  const { words: next, over: ended } = over(words, { door: { front: "red", back: "blue" }, roof: BLUE });
  expect(ended.map(({ part, word }) => [part, word.key, word.value, word.sinceMs])).toEqual([
    ["door/handle", "back", "gold", 2],
    ["wall", "front", "white", 3],
  ]);
  expect(plain(next, "door", "door/handle")).toEqual({ front: "green", back: "blue" });
  expect(plain(next, "roof")).toEqual(BLUE);
  expect(next.valuesOf("wall")).toBeUndefined();
});

test("values are compared by what they are, lists by what is in them", () => {
  const words = new Words<{ readonly colours: readonly string[] }>();
  words.put("door", { source: "file", values: { colours: ["red"] } }, [], 0);
  say(words, DOOR, "colours", ["green"], 0);
  const same = atOnce(words.over([["door", { source: "file", values: { colours: ["red"] } }]], 0));
  expect(same.over).toEqual([]);
  expect(same.words.valuesOf("door")?.colours.value).toEqual(["green"]);
  const longer = atOnce(words.over([["door", { source: "file", values: { colours: ["red", "blue"] } }]], 0));
  expect(longer.over).toHaveLength(1);
});

test("words over other values leave these ones as they are, and what is said of them too", () => {
  const words = first({ door: RED });
  say(words, DOOR, "front", "green", 0);
  const next = over(words, { door: RED }).words;
  say(next, DOOR, "front", "white", 0);
  say(next, HANDLE, "back", "gold", 0);
  next.drop("door");
  expect(plain(words, "door", "door/handle")).toEqual({ front: "green", back: "red" });
});

test("forgets an entry that is dropped with all that was said of it and its parts", () => {
  const words = first({ door: RED });
  say(words, DOOR, "front", "green", 0);
  say(words, HANDLE, "back", "gold", 0);
  words.drop("door");
  expect([words.has("door"), words.valuesOf("door")]).toEqual([false, undefined]);
  words.put("door", { source: "api", values: BLUE }, [], 0);
  expect(plain(words, "door", "door/handle")).toEqual(BLUE);
});

/** Says a value; undefined takes an earlier word back. */
function say<Values extends object>(
  words: Words<Values>,
  { key: entry, part }: About,
  key: keyof Values & string,
  value: unknown,
  nowMs: number,
): void {
  const base = words.baseOf(entry) as Base<Values>;
  const others = words.sayingsOf(entry).filter((each) => each.part !== part || each.word.key !== key);
  const word = { key, value, replaced: base.values[key], sinceMs: nowMs };
  words.put(entry, base, value === undefined ? others : [...others, { part, word }], nowMs);
}

function first(values: Readonly<Record<string, Colours>>, nowMs = 0): Words<Colours> {
  return over(new Words<Colours>(), values, nowMs).words;
}

/** The same words over these values of the file. */
function over(words: Words<Colours>, values: Readonly<Record<string, Colours>>, nowMs = 0) {
  const bases = Object.entries(values).map(([name, each]): [string, Base<Colours>] => [
    name,
    { source: "file", values: each },
  ]);
  return atOnce(words.over(bases, nowMs));
}

function plain(words: Words<Colours>, name: string, part?: string): Partial<Colours> {
  const { front, back } = words.valuesOf(name, part) ?? {};
  return { ...(front && { front: front.value }), ...(back && { back: back.value }) };
}
