import { isDeepStrictEqual } from "node:util";
import type { Steps } from "../core/slices.ts";

/** Where a value comes from; `copy`: from the template that a copy of a server was started of. */
export const sources = ["file", "api", "copy"] as const;
export type Source = (typeof sources)[number];

/** A value, where it comes from, and since when, as Unix time in milliseconds. */
export interface Sourced<T> {
  readonly value: T;
  readonly source: Source;
  readonly sinceMs: number;
}

/** The values that hold of one thing, each with its source. */
export type SourcedValues<Values> = { readonly [Key in keyof Values]: Sourced<Values[Key]> };

/** Values that words are said over: the file's, or those with which the API added a thing. */
export interface Base<Values> {
  readonly source: Source;
  readonly values: Values;
}

/** What something is said of: an entry, by its key, or a part of one; the entry itself is its own whole part. */
export interface About {
  readonly key: string;
  readonly part: string;
}

/** What an operator said of one value: it holds until the value beneath it differs from the one that it replaced. */
interface Word {
  readonly key: string;
  readonly value: unknown;
  readonly replaced: unknown;
  readonly sinceMs: number;
}

/** A word, and what it was said of. */
export interface Saying {
  readonly part: string;
  readonly word: Word;
}

/** A word that is over, and the entry that it was said of, as a whole or in part. */
export interface Ended extends Saying {
  readonly entry: string;
}

/** One entry: its values beneath, since when each is so, and what was said of it and of its parts. */
interface Entry<Values> {
  readonly base: Base<Values>;
  readonly sinceMs: { [Key in keyof Values]: number };
  readonly said: Map<string, Map<string, Word>>;
}

/**
 * Two layers of values and what comes of them, per value: the newest word wins. A word is said of an entry, or of a part of
 * one (an address of a backend's name), and then it wins over a word of the whole. Times are given by the caller.
 */
export class Words<Values extends object> {
  readonly #entries = new Map<string, Entry<Values>>();

  /** The same words over other values beneath; gives back which of them are over by it. This one stays as it is. */
  *over(
    base: Iterable<readonly [string, Base<Values>]>,
    nowMs: number,
  ): Steps<{ readonly words: Words<Values>; readonly over: readonly Ended[] }> {
    const words = new Words<Values>();
    const over: Ended[] = [];
    for (const [name, next] of base)
      yield words.#entries.set(name, entryOf(next, this.#entries.get(name), nowMs));
    for (const [name, entry] of this.#entries)
      yield over.push(...words.#inherit(name, entry).map((each) => ({ entry: name, ...each })));
    return { words, over };
  }

  /**
   * Gives an entry these values beneath and these words in the place of what it had; the words that are over by the values
   * beneath are left out and given back. `baseMs`: since when values beneath hold that are new.
   */
  put(
    name: string,
    base: Base<Values>,
    sayings: readonly Saying[],
    nowMs: number,
    baseMs = nowMs,
  ): readonly Saying[] {
    const before = this.#entries.get(name);
    const entry = entryOf(base, before, baseMs);
    this.#entries.set(name, entry);
    const over = sayings.filter((saying) => !inherits(entry, saying));
    for (const { key } of before?.said.get(name)?.values() ?? [])
      if (!entry.said.get(name)?.has(key)) entry.sinceMs[key as keyof Values] = nowMs;
    return over;
  }

  /** Forgets an entry and all that was said of it. */
  drop(name: string): void {
    this.#entries.delete(name);
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The values beneath an entry; undefined where there is no such entry. */
  baseOf(name: string): Base<Values> | undefined {
    return this.#entries.get(name)?.base;
  }

  /** All that was said of an entry and of its parts. */
  sayingsOf(name: string): readonly Saying[] {
    const entry = this.#entries.get(name);
    return entry === undefined ? [] : sayingsIn(entry);
  }

  /** What holds of an entry, or of a part of it; undefined where there is no such entry. */
  valuesOf(name: string, part: string = name): SourcedValues<Values> | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const { base, sinceMs, said } = entry;
    const keys = Object.keys(base.values) as (keyof Values & string)[];
    const sourced = keys.map((key) => {
      const word = said.get(part)?.get(key) ?? said.get(name)?.get(key);
      if (word !== undefined) return [key, { value: word.value, source: "api", sinceMs: word.sinceMs }];
      return [key, { value: base.values[key], source: base.source, sinceMs: sinceMs[key] }];
    });
    return Object.fromEntries(sourced) as SourcedValues<Values>;
  }

  /** Takes over the words of an entry whose replaced values stand, from the same source; gives back the others. */
  #inherit(name: string, before: Entry<Values>): Saying[] {
    const found = this.#entries.get(name);
    const now = found?.base.source === before.base.source ? found : undefined;
    return sayingsIn(before).filter((saying) => now === undefined || !inherits(now, saying));
  }
}

function sayingsIn<Values>({ said }: Entry<Values>): Saying[] {
  return [...said].flatMap(([part, words]) => [...words.values()].map((word) => ({ part, word })));
}

/** Takes a word over where the value that it replaced stands. */
function inherits<Values extends object>({ base, said }: Entry<Values>, { part, word }: Saying): boolean {
  if (!isDeepStrictEqual(base.values[word.key as keyof Values], word.replaced)) return false;
  said.set(part, (said.get(part) ?? new Map()).set(word.key, word));
  return true;
}

/** A value that stayed the same has been so since before. */
function entryOf<Values extends object>(
  base: Base<Values>,
  before: Entry<Values> | undefined,
  nowMs: number,
): Entry<Values> {
  const since = Object.entries(base.values).map(([key, value]) => {
    const old = before?.base.values[key as keyof Values];
    const same = before?.base.source === base.source && isDeepStrictEqual(old, value);
    return [key, same ? before.sinceMs[key as keyof Values] : nowMs];
  });
  return { base, sinceMs: Object.fromEntries(since), said: new Map() };
}
