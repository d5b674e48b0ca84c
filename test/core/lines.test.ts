import fc from "fast-check";
import { expect, test } from "vitest";
import { LineSplitter, LineTooLong, LONGEST_LINE } from "#lb/core/lines";

const line = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", " "));

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function split(splitter: LineSplitter, chunks: readonly Buffer[]): string[] {
  return chunks.flatMap((chunk) => [...splitter.push(chunk)]);
}

test("gives the same lines wherever the stream was cut", () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat()), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
      const expected = lines.map((text) => Buffer.from(text).toString());
      const splitter = new LineSplitter();
      expect(split(splitter, cut(bytes, cuts))).toEqual(expected);
      expect(splitter.held).toBe(0);
    }),
  );
});

test("carries any byte unharmed as latin1", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(fc.nat()), (array, cuts) => {
      const bytes = Buffer.from([...array, 0x0a]);
      const lines = split(new LineSplitter(LONGEST_LINE, "latin1"), cut(bytes, cuts));
      expect(Buffer.from(lines.map((text) => `${text}\n`).join(""), "latin1")).toEqual(bytes);
    }),
  );
});

test.each([
  ["in one chunk", 1],
  ["byte by byte", Infinity],
])("takes a line of exactly the longest length and refuses one byte more, %s", (_, pieces) => {
  const size = 4096;
  const chunks = (bytes: Buffer) => (pieces === 1 ? [bytes] : Array.from(bytes, (byte) => Buffer.of(byte)));
  const longest = Buffer.from(`${"x".repeat(size)}\n`);
  expect(split(new LineSplitter(size), chunks(longest))).toEqual(["x".repeat(size)]);
  const tooLong = Buffer.from(`${"x".repeat(size + 1)}\n`);
  expect(() => split(new LineSplitter(size), chunks(tooLong))).toThrow(LineTooLong);
});

test("refuses an endless line as soon as it is too long, not when it ends", () => {
  const splitter = new LineSplitter(10);
  expect(split(splitter, [Buffer.alloc(10, "x")])).toEqual([]);
  expect(() => split(splitter, [Buffer.from("x")])).toThrow("expected lines of at most 10 bytes");
});

test("gives the lines before one that is too long", () => {
  const lines: string[] = [];
  expect(() => {
    for (const text of new LineSplitter(3).push(Buffer.from("a\nbc\nlong\n"))) lines.push(text);
  }).toThrow(LineTooLong);
  expect(lines).toEqual(["a", "bc"]);
});

test("keeps what it needs of a chunk, which may be overwritten afterwards", () => {
  const splitter = new LineSplitter();
  const chunk = Buffer.from("begin");
  expect(split(splitter, [chunk])).toEqual([]);
  chunk.fill("!");
  expect(split(splitter, [Buffer.from(" end\n")])).toEqual(["begin end"]);
});
