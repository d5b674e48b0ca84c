import fc from "fast-check";
import { expect, test } from "vitest";
import { Assembly, inPieces, type Piece } from "#lb/plane/pieces";

const MOST_VALUES = 8_000;

test("a small value is one piece, which is the value itself", () => {
  for (const value of [undefined, null, 7, "text", [], { a: [1, { b: undefined }] }])
    expect([...inPieces(value)]).toEqual([{ path: [], value, follows: false }]);
});

test("what was cut is put together as it was", () => {
  // A leaf may be a list of thousands: lists of lists, records in lists, and lists in records are cut then.
  const few = fc.oneof(fc.integer(), fc.string(), fc.constant(undefined), fc.constant(Infinity));
  const many = fc
    .tuple(few, fc.integer({ min: 1, max: 9_000 }))
    .map(([item, count]) => Array(count).fill(item));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      few,
      many,
      fc.array(tie("value"), { maxLength: 5 }),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), tie("value"), { maxKeys: 8, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, (whole) => {
      const pieces = [...inPieces(whole)];
      expect(assembled(structuredClone(pieces))).toStrictEqual(whole);
      expect(Math.max(...pieces.map((piece) => weightOf(piece.value)))).toBeLessThanOrEqual(MOST_VALUES);
    }),
    { seed: 5, numRuns: 100 },
  );
});

test("a list of thousands of records is cut between them, wherever it stands", () => {
  const backends = Array.from({ length: 10_000 }, (_, n) => ({
    name: `b${n}`,
    endpoint: { port: n },
    weight: 1,
  }));
  const whole = {
    name: "apply",
    args: [
      {
        pools: [
          { name: "small", backends: [] },
          { name: "p", backends },
        ],
      },
    ],
  };
  const pieces = [...inPieces(whole)];
  expect(assembled(pieces)).toStrictEqual(whole);
  expect(pieces.length).toBeGreaterThan(5);
  expect(pieces.length).toBeLessThan(20);
});

function assembled(pieces: readonly Piece[]): unknown {
  const assembly = new Assembly();
  for (const piece of pieces) assembly.add(piece);
  return assembly.value;
}

function weightOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce((sum: number, item) => sum + weightOf(item), 1);
}
