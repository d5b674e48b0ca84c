import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Head } from "#lb/transport/head";

const FULL = 64 << 10;

function head({ isComplete = false } = {}) {
  const source = new PassThrough();
  source.resume();
  return { source, head: new Head(source, isComplete) };
}

test("gives each chunk once, the oldest first", async () => {
  const { head: held } = head();
  for (const chunk of ["one", "two"]) held.hold(Buffer.from(chunk));
  expect([text(await held.read()), text(await held.read())]).toEqual(["one", "two"]);
  expect(held.take()).toEqual([]);
});

test("gives a chunk to a reader that waits for it, and does not keep it", async () => {
  const { head: held } = head();
  const read = held.read();
  held.hold(Buffer.from("awaited"));
  expect(text(await read)).toBe("awaited");
  expect(held.take()).toEqual([]);
});

test("gives first what was unread, without a copy", async () => {
  const { head: held } = head();
  const header = Buffer.from("header payload");
  held.hold(Buffer.from(" and more"));
  held.unread(header.subarray(7));
  header.write("PAYLOAD", 7);
  expect(held.take().map(text)).toEqual(["PAYLOAD", " and more"]);
});

test("makes its source wait above 64 KiB, until a reader has made room", async () => {
  const { head: held, source } = head();
  held.hold(Buffer.alloc(FULL));
  expect(source.isPaused()).toBe(false);
  held.hold(Buffer.alloc(1));
  expect(source.isPaused()).toBe(true);
  await held.read();
  expect(source.isPaused()).toBe(false);
});

test("makes its source wait on while a reader has not made room enough", async () => {
  const { head: held, source } = head();
  for (const bytes of [1, FULL, 1]) held.hold(Buffer.alloc(bytes));
  await held.read();
  expect(source.isPaused()).toBe(true);
  await held.read();
  expect(source.isPaused()).toBe(false);
});

test("lets its source go on when everything is taken", () => {
  const { head: held, source } = head();
  held.hold(Buffer.alloc(FULL + 1));
  expect(held.take().map(({ length }) => length)).toEqual([FULL + 1]);
  expect(source.isPaused()).toBe(false);
});

test("tells each reader that nothing more comes, once it is complete and empty", async () => {
  const { head: held } = head();
  held.hold(Buffer.from("last words"));
  held.complete();
  expect(text(await held.read())).toBe("last words");
  expect(await held.read()).toBeUndefined();
  held.unread(Buffer.from("on second thought"));
  expect(text(await held.read())).toBe("on second thought");
  expect(await held.read()).toBeUndefined();
});

test("tells a reader that waits, or comes later, that nothing more comes", async () => {
  const { head: held } = head();
  const read = held.read();
  held.complete();
  expect(await read).toBeUndefined();
  expect(await head({ isComplete: true }).head.read()).toBeUndefined();
});

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes as Uint8Array).toString();
}
