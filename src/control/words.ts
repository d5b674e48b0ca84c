import { isDeepStrictEqual } from "node:util";
import type { Steps } from "../core/slices.ts";

/** Where a value comes from. */
export type Source = "file" | "api";

/** How many values given back to the file are remembered of one entry; of an older one, it is told since when the file says so. */
const MOST_GIVEN_BACK = 1_000;

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

/** What something is said of: an entry, or a part of one; the entry itself is its own whole part. */
export interface About {
  readonly entry: string;
  readonly part: string;
}

/** What an operator said of one value: it holds until the value beneath it differs from the one that it replaced. */
interface Word {
  readonly key: string;
  readonly value: unknown;
  readonly replaced: unknown;
  readonly sinceMs: number;
}

/** A word that is over because the value beneath it has changed, and what it was said of. */
export interface Over {
  readonly part: string;
  readonly word: Word;
}

/** One entry: its values beneath, since when each is so, and what was said of it and of its parts. */
interface Entry<Values> {
  readonly base: Base<Values>;
  readonly sinceMs: { readonly [Key in keyof Values]: number };
  readonly said: Map<string, Map<string, Word>>;
  /** When a word of a part was taken back, by the value's key and the part. */
  readonly givenBackMs: Map<string, number>;
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
  ): Steps<{ readonly words: Words<Values>; readonly over: readonly Over[] }> {
    const words = new Words<Values>();
    const over: Over[] = [];
    for (const [name, next] of base)
      yield words.#entries.set(name, entryOf(next, this.#entries.get(name), nowMs));
    for (const [name, entry] of this.#entries) yield over.push(...words.#inherit(name, entry));
    return { words, over };
  }

  /** Adds an entry. */
  add(name: string, base: Base<Values>, nowMs: number): void {
    this.#entries.set(name, entryOf(base, undefined, nowMs));
  }

  /** Forgets an entry and all that was said of it. */
  drop(name: string): void {
    this.#entries.delete(name);
  }

  /** Where an entry comes from; undefined where there is no such entry. */
  sourceOf(name: string): Source | undefined {
    return this.#entries.get(name)?.base.source;
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** Says a value of an entry that there is, or of a part of it; undefined takes an earlier word back. */
  say<Key extends keyof Values & string>(
    { entry, part }: About,
    key: Key,
    value: Values[Key] | undefined,
    nowMs: number,
  ): void {
    const { base, said, givenBackMs } = this.#entries.get(entry) as Entry<Values>;
    const words = said.get(part) ?? new Map<string, Word>();
    if (value === undefined) {
      if (words.delete(key)) noteGivenBack(givenBackMs, givenBackKey(key, part), nowMs);
    } else words.set(key, { key, value, replaced: base.values[key], sinceMs: nowMs });
    if (words.size === 0) said.delete(part);
    else said.set(part, words);
  }

  /** What holds of an entry, or of a part of it; undefined where there is no such entry. */
  valuesOf(name: string, part: string = name): SourcedValues<Values> | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const { base, sinceMs, said, givenBackMs } = entry;
    const backMs = (key: string, of: string) => givenBackMs.get(givenBackKey(key, of)) ?? -Infinity;
    const keys = Object.keys(base.values) as (keyof Values & string)[];
    const sourced = keys.map((key) => {
      const own = said.get(part)?.get(key);
      if (own !== undefined) return [key, { value: own.value, source: "api", sinceMs: own.sinceMs }];
      const word = said.get(name)?.get(key);
      const [value, source] = word === undefined ? [base.values[key], base.source] : [word.value, "api"];
      const heldMs = word?.sinceMs ?? Math.max(sinceMs[key], backMs(key, name));
      return [key, { value, source, sinceMs: Math.max(heldMs, backMs(key, part)) }];
    });
    return Object.fromEntries(sourced) as SourcedValues<Values>;
  }

  /** Takes over the words of an entry whose replaced values stand, from the same source; gives back the others. */
  #inherit(name: string, { base, said, givenBackMs }: Entry<Values>): Over[] {
    const found = this.#entries.get(name);
    const now = found?.base.source === base.source ? found : undefined;
    const over: Over[] = [];
    for (const [key, ms] of givenBackMs) now?.givenBackMs.set(key, ms);
    for (const [part, words] of said) {
      for (const word of words.values()) {
        const value = now?.base.values[word.key as keyof Values];
        if (now === undefined || !isDeepStrictEqual(value, word.replaced)) over.push({ part, word });
        else now.said.set(part, (now.said.get(part) ?? new Map()).set(word.key, word));
      }
    }
    return over;
  }
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
  return { base, sinceMs: Object.fromEntries(since), said: new Map(), givenBackMs: new Map() };
}

function givenBackKey(key: string, part: string): string {
  return `${key} ${part}`;
}

function noteGivenBack(givenBackMs: Map<string, number>, key: string, nowMs: number): void {
  givenBackMs.delete(key);
  givenBackMs.set(key, nowMs);
  const [oldest] = givenBackMs.keys();
  if (givenBackMs.size > MOST_GIVEN_BACK && oldest !== undefined) givenBackMs.delete(oldest);
}
