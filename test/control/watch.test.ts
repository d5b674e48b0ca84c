import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigWatch } from "#lb/control/watch";
import { type Clock, systemClock } from "#lb/core/clock";
import { within } from "../support/peer.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lb-watch-"));
  path = join(folder, "lb.yaml");
  writeFileSync(path, "one");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A watch in a hurry, what it told, and how often it looked. */
async function watched(file = path) {
  const seen = { changes: 0, looks: 0, errors: [] as Error[] };
  const waiting = new Set<() => void>();
  const happened = () => waiting.forEach((look) => void look());
  const clock: Clock = {
    now: systemClock.now,
    read: systemClock.read,
    wallMs: systemClock.wallMs,
    after: (_, fn) =>
      systemClock.after(20, () => {
        seen.looks += 1;
        fn();
        happened();
      }),
  };
  const changed = () => {
    seen.changes += 1;
    happened();
  };
  const watch = await ConfigWatch.start(file, { changed, failed: (error) => seen.errors.push(error) }, clock);
  const until = (what: string, done: () => boolean) =>
    within(
      what,
      new Promise<void>((resolve) => {
        const look = () => done() && resolve();
        waiting.add(look);
        look();
      }),
    );
  return { watch, seen, until };
}

test.each([
  ["is written again", () => writeFileSync(path, "two")],
  [
    "is replaced by another of its name",
    () => {
      writeFileSync(`${path}.new`, "two");
      renameSync(`${path}.new`, path);
    },
  ],
  [
    "is taken away and made anew",
    () => {
      unlinkSync(path);
      writeFileSync(path, "two");
    },
  ],
])("tells once when the file %s, and goes on watching", async (_, change) => {
  const { watch, seen, until } = await watched();
  using _watch = watch;
  change();
  await until("the first change", () => seen.changes === 1);
  writeFileSync(path, "three");
  await until("the second change", () => seen.changes === 2);
  expect(seen.errors).toEqual([]);
});

test("tells nothing where the content is the same, or the file is gone", async () => {
  const { watch, seen, until } = await watched();
  using _watch = watch;
  writeFileSync(path, "one");
  await until("a look", () => seen.looks >= 1);
  unlinkSync(path);
  await until("another look", () => seen.looks >= 2);
  expect(seen.changes).toBe(0);
  writeFileSync(path, "two");
  await until("the change", () => seen.changes === 1);
});

test("follows a link to where the file really is, and to another file", async () => {
  const [first, second] = [join(folder, "first"), join(folder, "second")];
  for (const each of [first, second]) mkdirSync(each);
  writeFileSync(join(first, "lb.yaml"), "one");
  writeFileSync(join(second, "lb.yaml"), "three");
  const link = join(folder, "link.yaml");
  symlinkSync(join(first, "lb.yaml"), link);
  const { watch, seen, until } = await watched(link);
  using _watch = watch;
  writeFileSync(join(first, "lb.yaml"), "two");
  await until("the change behind the link", () => seen.changes === 1);
  symlinkSync(join(second, "lb.yaml"), `${link}.new`);
  renameSync(`${link}.new`, link);
  await until("the change of the link", () => seen.changes === 2);
  writeFileSync(join(second, "lb.yaml"), "four");
  await until("the change behind the new link", () => seen.changes === 3);
});

test("tells nothing any more once it is disposed of", async () => {
  const { watch, seen } = await watched();
  const other = await watched();
  using _other = other.watch;
  watch[Symbol.dispose]();
  writeFileSync(path, "two");
  await other.until("the other watch's word", () => other.seen.changes === 1);
  expect(seen.changes).toBe(0);
});

describe("a link to a folder on the way", () => {
  const release = (name: string, text: string) => {
    mkdirSync(join(folder, "releases", name), { recursive: true });
    writeFileSync(join(folder, "releases", name, "lb.yaml"), text);
  };
  const point = (name: string) => {
    symlinkSync(join("releases", name), join(folder, "next"));
    renameSync(join(folder, "next"), join(folder, "current"));
  };

  test("may point to another folder, as often as it likes, and edits there are seen", async () => {
    release("1", "one");
    release("2", "two");
    point("1");
    const { watch, seen, until } = await watched(join(folder, "current", "lb.yaml"));
    using _watch = watch;
    point("2");
    await until("the other release", () => seen.changes === 1);
    writeFileSync(join(folder, "current", "lb.yaml"), "two and a half");
    await until("an edit there", () => seen.changes === 2);
    point("1");
    await until("the first release again", () => seen.changes === 3);
    release("1", "one and a half");
    await until("an edit there", () => seen.changes === 4);
    expect(seen.errors).toEqual([]);
  });

  test("may point to a link", async () => {
    release("1", "one");
    release("2", "two");
    point("1");
    symlinkSync("current", join(folder, "stable"));
    const { watch, seen, until } = await watched(join(folder, "stable", "lb.yaml"));
    using _watch = watch;
    point("2");
    await until("the other release", () => seen.changes === 1);
  });
});

test("a folder on the way may be replaced by another of its name", async () => {
  const [app, old, next] = ["app", "old", "next"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const [each, text] of [
    [app, "one"],
    [next, "two"],
  ] as const) {
    mkdirSync(join(each, "etc"), { recursive: true });
    writeFileSync(join(each, "etc", "lb.yaml"), text);
  }
  const { watch, seen, until } = await watched(join(app, "etc", "lb.yaml"));
  using _watch = watch;
  renameSync(app, old);
  renameSync(next, app);
  await until("the file in the other folder", () => seen.changes === 1);
  writeFileSync(join(app, "etc", "lb.yaml"), "three");
  await until("an edit there", () => seen.changes === 2);
});

test("a folder that is not there yet is waited for", async () => {
  const { watch, seen, until } = await watched(join(folder, "none", "etc", "lb.yaml"));
  using _watch = watch;
  mkdirSync(join(folder, "none", "etc"), { recursive: true });
  writeFileSync(join(folder, "none", "etc", "lb.yaml"), "one");
  await until("the file", () => seen.changes === 1);
  expect(seen.errors).toEqual([]);
});

test("links that lead to each other are no file, and are watched", async () => {
  symlinkSync("b", join(folder, "a"));
  symlinkSync("a", join(folder, "b"));
  const { watch, seen, until } = await watched(join(folder, "a"));
  using _watch = watch;
  symlinkSync("lb.yaml", join(folder, "next"));
  renameSync(join(folder, "next"), join(folder, "b"));
  await until("the file", () => seen.changes === 1);
});

test("says where the way cannot be walked", async () => {
  const { watch, seen } = await watched(join(folder, "x".repeat(300), "lb.yaml"));
  using _watch = watch;
  expect(seen.errors).toHaveLength(1);
});
