import { atOnce, type Steps } from "../core/slices.ts";
import {
  type About,
  type Base,
  type Ended,
  type Saying,
  type Source,
  type SourcedValues,
  Words,
} from "./words.ts";

/** Words of an operator: undefined leaves a value alone, null gives it back to the file. */
export type Said<Values> = { readonly [Key in keyof Values]?: Values[Key] | null | undefined };

/** An entry that no file has, where it comes from, and since when. */
export interface Added<Entry> {
  readonly entry: Entry;
  readonly source: Exclude<Source, "file">;
  readonly sinceMs: number;
}

/** All that is known of an entry beside the file: where it comes from if not from there, and what was said of it. */
export interface Row<Entry> {
  readonly added: Added<Entry> | undefined;
  readonly said: readonly Saying[];
}

/** What the file made of a row: whether what was added yields to the file's, and which words are over. */
interface Put {
  readonly yielded: boolean;
  readonly over: readonly Saying[];
}

/** The same shelf over another file, and what of it that file has ended. */
interface Over<Values extends object, Entry> {
  readonly shelf: Shelf<Values, Entry>;
  readonly yielded: readonly string[];
  readonly over: readonly Saying[];
  /** The keys of all that is another row by it. */
  readonly changed: ReadonlySet<string>;
}

/**
 * Entries by their keys: the file's, and beside them what the API added and said. The file goes before: what it has too
 * is not added, and words over other values than its own are over. Where the rows are shared with other files, what this one
 * does not let hold rests in its row, and holds once this file is another one.
 */
export class Shelf<Values extends object, Entry> {
  readonly #valuesOf: (entry: Entry) => Values;
  readonly #added: Map<string, Added<Entry>>;
  #words = new Words<Values>();
  readonly #isShared: boolean;
  /** Whole rows, of which this file lets a part hold, or nothing. */
  readonly #resting = new Map<string, Row<Entry>>();

  /** `valuesOf`: what may be said of an entry, as it is without a word; `isShared`: the rows hold over other files, too. */
  constructor(
    valuesOf: (entry: Entry) => Values,
    isShared = false,
    added: Map<string, Added<Entry>> = new Map(),
  ) {
    this.#valuesOf = valuesOf;
    this.#isShared = isShared;
    this.#added = added;
  }

  /** What it is over another file; this one stays as it is, and must while the steps are made. */
  *over(file: Iterable<readonly [key: string, entry: Entry]>, nowMs: number): Steps<Over<Values, Entry>> {
    const added = new Map(this.#added);
    const shelf = new Shelf(this.#valuesOf, this.#isShared, added);
    const yielded: string[] = [];
    const { words, over } = yield* this.#words.over(this.#bases(file, added, yielded), nowMs);
    shelf.#words = words;
    const changed = new Set([...yielded, ...over.map(({ entry }) => entry)]);
    if (this.#isShared)
      for (const key of new Set([...this.#resting.keys(), ...changed]))
        yield shelf.put(key, this.standing(key), nowMs);
    return { shelf, yielded, over: over.filter((each) => !shelf.#holds(each.entry, each)), changed };
  }

  /** What ends with it, where the file has no such shelf any more. */
  get ending(): { readonly added: readonly string[]; readonly over: readonly Ended[] } {
    return { added: [...this.#added.keys()], over: atOnce(this.#words.over([], 0)).over };
  }

  /** What no file has, by its key. */
  get added(): ReadonlyMap<string, Added<Entry>> {
    return this.#added;
  }

  has(key: string): boolean {
    return this.#words.has(key);
  }

  /** Where an entry comes from; undefined where there is no such entry. */
  sourceOf(key: string): Source | undefined {
    return this.#words.baseOf(key)?.source;
  }

  /** What holds of an entry, or of a part of it; undefined where there is no such entry. */
  valuesOf(key: string, part?: string): SourcedValues<Values> | undefined {
    return this.#words.valuesOf(key, part);
  }

  /** The row of an entry. */
  standing(key: string): Row<Entry> {
    return this.#resting.get(key) ?? this.#holding(key);
  }

  /** The row of an entry without all of it that holds here. */
  removing(key: string): Row<Entry> {
    return { added: undefined, said: this.standing(key).said.filter((each) => !this.#holds(key, each)) };
  }

  /** The row of an entry that there is, with these words in the place of earlier ones. */
  saying({ key, part }: About, said: Said<Values>, sinceMs: number): Row<Entry> {
    const { added, said: before } = this.standing(key);
    const { values } = this.#words.baseOf(key) as Base<Values>;
    const spoken = Object.entries(said).filter(([, value]) => value !== undefined);
    const replaced = new Set(spoken.map(([name]) => name));
    const others = before.filter((each) => each.part !== part || !replaced.has(each.word.key));
    const fresh = spoken
      .filter(([, value]) => value !== null)
      .map(([name, value]) => ({
        part,
        word: { key: name, value, replaced: values[name as keyof Values], sinceMs },
      }));
    return { added, said: [...others, ...fresh] };
  }

  /** Takes another row for what stood of an entry. */
  put(key: string, row: Row<Entry>, nowMs: number): Put {
    const put = this.#put(key, row, nowMs);
    const { added, said } = this.#holding(key);
    const isWhole = added === row.added && said.length === row.said.length;
    if (isWhole || !this.#isShared) this.#resting.delete(key);
    else this.#resting.set(key, row);
    return put;
  }

  #put(key: string, { added, said }: Row<Entry>, nowMs: number): Put {
    const base = this.#words.baseOf(key);
    if (base?.source === "file") {
      const over = this.#words.put(key, base, added && !this.#isShared ? [] : said, nowMs);
      return { yielded: added !== undefined, over };
    }
    if (added === undefined) {
      this.#added.delete(key);
      this.#words.drop(key);
      return { yielded: false, over: this.#isShared ? [] : said };
    }
    this.#added.set(key, added);
    const own = { source: added.source, values: this.#valuesOf(added.entry) };
    return { yielded: false, over: this.#words.put(key, own, said, nowMs, added.sinceMs) };
  }

  /** What holds here of the row of an entry. */
  #holding(key: string): Row<Entry> {
    return { added: this.#added.get(key), said: this.#words.sayingsOf(key) };
  }

  #holds(key: string, { word }: Saying): boolean {
    return this.#words.sayingsOf(key).some((each) => each.word === word);
  }

  /** The values beneath of the file's entries, then of those that it leaves among the added ones. */
  *#bases(
    file: Iterable<readonly [string, Entry]>,
    added: Map<string, Added<Entry>>,
    yielded: string[],
  ): Iterable<[string, Base<Values>]> {
    for (const [key, entry] of file) {
      if (added.delete(key)) yielded.push(key);
      yield [key, { source: "file", values: this.#valuesOf(entry) }];
    }
    for (const [key, { entry, source }] of added) yield [key, { source, values: this.#valuesOf(entry) }];
  }
}
