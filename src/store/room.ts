import type { Keep } from "./seam.ts";

/** The clients that are there. */
export interface Present {
  readonly size: number;
  has(key: string): boolean;
}

/** Counts what the clients would be after some saves, without copying them. */
export class Room {
  #size: number;
  readonly #said = new Map<string, boolean>();

  constructor(
    readonly present: Present,
    readonly most: number,
  ) {
    this.#size = present.size;
  }

  /** Whether there is room for these; if so they take it. What makes nothing more always has room. */
  admits(changes: readonly Keep[]): boolean {
    const after = new Map<string, boolean>();
    for (const { shelf, key, value } of changes) if (shelf === "clients") after.set(key, value !== null);
    let growth = 0;
    for (const [key, there] of after) growth += Number(there) - Number(this.#has(key));
    if (growth > 0 && this.#size + growth > this.most) return false;
    this.#size += growth;
    for (const [key, there] of after) this.#said.set(key, there);
    return true;
  }

  #has(key: string): boolean {
    return this.#said.get(key) ?? this.present.has(key);
  }
}
