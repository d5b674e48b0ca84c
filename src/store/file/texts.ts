import type { Json, Keep, Shelf } from "../seam.ts";
import { entryBytes } from "./text.ts";

type Shelves = Readonly<Record<Shelf, ReadonlyMap<string, string>>>;

/** The values of each shelf as JSON texts, and how many bytes their entries take in the file. */
export class Texts {
  private constructor(
    readonly shelves: Shelves,
    readonly bytes: number,
  ) {}

  static of(kept: Readonly<Record<Shelf, ReadonlyMap<string, Json>>>): Texts {
    const shelves = { clients: textsOf(kept.clients), backends: textsOf(kept.backends) };
    const entries = [...shelves.clients, ...shelves.backends];
    return new Texts(
      shelves,
      entries.reduce((sum, [key, text]) => sum + entryBytes(key, text), 0),
    );
  }

  /** The same after some changes. */
  with(changes: readonly Keep[]): Texts {
    const next = { clients: new Map(this.shelves.clients), backends: new Map(this.shelves.backends) };
    let { bytes } = this;
    for (const change of changes) {
      const { shelf, key, value } = change;
      bytes += bytesAfter(change) - bytesIn(next, shelf, key);
      if (value === null) next[shelf].delete(key);
      else next[shelf].set(key, JSON.stringify(value));
    }
    return new Texts(next, bytes);
  }

  /** What the entry of a key takes; 0 where there is none. */
  bytesOf(shelf: Shelf, key: string): number {
    return bytesIn(this.shelves, shelf, key);
  }
}

/** What the entry of a change takes once it is made. */
export function bytesAfter({ key, value }: Keep): number {
  return value === null ? 0 : entryBytes(key, JSON.stringify(value));
}

function bytesIn(shelves: Shelves, shelf: Shelf, key: string): number {
  const text = shelves[shelf].get(key);
  return text === undefined ? 0 : entryBytes(key, text);
}

function textsOf(shelf: ReadonlyMap<string, Json>): Map<string, string> {
  return new Map(Array.from(shelf, ([key, value]) => [key, JSON.stringify(value)]));
}
