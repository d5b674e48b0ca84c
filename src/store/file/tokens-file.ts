import type { Clock } from "../../core/clock.ts";
import { inSlices } from "../../core/slices.ts";
import { inTime } from "../in-time.ts";
import { StoreRefused } from "../refusals.ts";
import type { Kept } from "../seam.ts";
import { readText, textOf } from "./text.ts";
import { readWhole, writeWhole } from "./whole-file.ts";
import { late, unwritten } from "./wrong.ts";

const FORMAT = { schema: "lb-tokens/1", shelves: ["tokens"] } as const;
const WRITE_MS = 1_000;
/** One under way, and the one that waits for it. */
const MOST_SAVES = 2;

/** The file of what clients' buckets have left. */
export class TokensFile {
  #last: Promise<void> = Promise.resolve();
  #saves = 0;

  constructor(
    readonly path: string,
    readonly clock: Clock,
  ) {}

  /** What was kept; rejects with StoreRefused or the system's error. */
  async read(): Promise<Pick<Kept, "tokens" | "tokensAtMs">> {
    const text = await readWhole(this.path);
    if (text === undefined) return { tokens: new Map(), tokensAtMs: undefined };
    const { head, shelves } = readText(this.path, text, FORMAT);
    const tokens = new Map<string, number>();
    for (const [id, left] of shelves.tokens ?? []) {
      if (typeof left !== "number") throw this.#damaged(`tokens: ${id}: expected a number`);
      tokens.set(id, left);
    }
    if (typeof head.atMs !== "number") throw this.#damaged("atMs: expected a number");
    return { tokens, tokensAtMs: head.atMs };
  }

  /** Keeps these in the place of all that it had, durably; rejects with StoreDown, after a second at the latest. */
  async save(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void> {
    const tooLate = () => late(this.path, WRITE_MS);
    if (this.#saves >= MOST_SAVES) throw tooLate();
    this.#saves += 1;
    const saving = this.#last.then(() => this.#write(tokens, atMs)).finally(() => this.#saves--);
    this.#last = saving.catch(() => {});
    await inTime(this.clock, WRITE_MS, saving, tooLate);
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #write(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void> {
    try {
      const texts = { tokens: new Map(Array.from(tokens, ([id, left]) => [id, String(left)])) };
      await writeWhole(this.path, await inSlices(this.clock, textOf(FORMAT.schema, texts, { atMs })));
    } catch (error) {
      throw unwritten(this.path, error);
    }
  }

  #damaged(what: string): StoreRefused {
    return new StoreRefused(`${this.path} is damaged: ${what}`);
  }
}
