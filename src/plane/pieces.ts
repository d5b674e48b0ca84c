/** The keys and indexes that lead to a place in a value. */
type Path = readonly (string | number)[];

/** A part of a value: what stands at a place, or, where it `follows`, what comes next in the list there. */
export interface Piece {
  readonly path: Path;
  readonly value: unknown;
  readonly follows: boolean;
}

/** A thread packs or unpacks so many numbers, strings and objects in about a millisecond. */
const MOST_VALUES = 8_000;
/** In a list or a record, which is one itself. */
const MOST_INSIDE = MOST_VALUES - 1;

/**
 * A plain value in pieces, none of which takes a thread long to pack or unpack; a small one is a single piece. The value must
 * not change meanwhile.
 */
export function* inPieces(value: unknown, path: Path = []): Generator<Piece, void> {
  if (weightOf(value) <= MOST_VALUES) yield { path, value, follows: false };
  else if (Array.isArray(value)) yield* listInPieces(value, path);
  else yield* recordInPieces(value as Readonly<Record<string, unknown>>, path);
}

function* listInPieces(list: readonly unknown[], path: Path): Generator<Piece, void> {
  yield { path, value: [], follows: false };
  let next: unknown[] = [];
  let room = MOST_INSIDE;
  for (const [at, item] of list.entries()) {
    const weight = weightOf(item);
    if (weight > room && next.length > 0) {
      yield { path, value: next, follows: true };
      next = [];
      room = MOST_INSIDE;
    }
    if (weight > MOST_INSIDE) yield* inPieces(item, [...path, at]);
    else {
      next.push(item);
      room -= weight;
    }
  }
  if (next.length > 0) yield { path, value: next, follows: true };
}

function* recordInPieces(record: Readonly<Record<string, unknown>>, path: Path): Generator<Piece, void> {
  const first: Record<string, unknown> = {};
  const later: [string, unknown][] = [];
  let room = MOST_INSIDE;
  for (const [key, item] of Object.entries(record)) {
    const weight = weightOf(item);
    if (weight > room) later.push([key, item]);
    else {
      first[key] = item;
      room -= weight;
    }
  }
  yield { path, value: first, follows: false };
  for (const [key, item] of later) yield* inPieces(item, [...path, key]);
}

/** How many values there are in one, itself included; counted no further than to one more than a piece may have. */
function weightOf(value: unknown, most = MOST_VALUES): number {
  if (typeof value !== "object" || value === null) return 1;
  let weight = 1;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    weight += weightOf(item, most - weight);
    if (weight > most) break;
  }
  return weight;
}

/** Puts the pieces of a value together, in the order in which they were cut. */
export class Assembly {
  readonly #root: Record<string, unknown> = {};

  get value(): unknown {
    return this.#root.value;
  }

  add({ path, value, follows }: Piece): void {
    let holder = this.#root;
    let key: string | number = "value";
    for (const step of path) {
      holder = holder[key] as Record<string, unknown>;
      key = step;
    }
    if (follows) (holder[key] as unknown[]).push(...(value as unknown[]));
    else holder[key] = value;
  }
}
