import type { Clock } from "../core/clock.ts";
import { forEach, inSlices } from "../core/slices.ts";
import type { Log } from "../observe/log.ts";
import type { Keep, Kept } from "../store/seam.ts";
import { type BackendEdit, type Edit, nameAt, nameOf, type Place, type PoolEdit } from "./edit.ts";
import type { Overlay } from "./overlay.ts";
import { tellNews, wordsOver } from "./overlay-news.ts";
import { type Reconciler, whole } from "./reconcile.ts";
import { editOf, isKept, kindOf } from "./rows.ts";
import type { Saying } from "./words.ts";

/** What Told is made of. */
export interface ToldParts {
  readonly reconciler: Reconciler;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told of rows that stand and that the store does not have. */
  readonly followed: (places: readonly Place[]) => void;
}

const BEFORE_START = "said before the start";

/** The rows that the store told of and that are not in force yet: the newest per backend or client, until its turn. */
export class Told {
  readonly #parts: ToldParts;
  readonly #waiting = new Map<string, Keep>();
  /** While it is not known what this node said before its start: what it said since then, which is newer. */
  #since: Set<string> | undefined;
  #isFollowing = false;

  constructor(parts: ToldParts) {
    this.#parts = parts;
  }

  /** Puts all that was kept over the file, in slices; throws a RangeError for a row that is none. Gives back what became other rows. */
  async restore({ backends, clients }: Kept, overlay: Overlay): Promise<readonly Place[]> {
    const changed: Place[] = [];
    const put = (row: Keep) => {
      const edit = readEdit(row);
      const news = overlay.put(edit);
      for (const each of news) tellNews(this.#parts.log, each);
      if (news.length > 0) changed.push(edit);
    };
    for (const [shelf, kept] of [
      ["backends", backends],
      ["clients", clients],
    ] as const)
      await inSlices(
        this.#parts.clock,
        forEach([...kept], ([key, value]) => put({ shelf, key, value })),
      );
    return changed;
  }

  /** What this node said before its start is told later; each word that it says until then is newer. */
  toldLater(): void {
    this.#since = new Set();
  }

  /** Takes note of what was said of a pool, or of a backend or one of its addresses; what was said of a copy goes with it. */
  said(edit: Edit, part: string, keys: readonly string[]): void {
    if (isKept(edit)) for (const key of keys) this.#since?.add(wordIn(edit, part, key));
  }

  /** The store has these rows; each is put in a turn of its own. */
  hears(rows: Iterable<Keep>): void {
    for (const row of rows) this.#waiting.set(nameAt(row), row);
    void this.#follow();
  }

  /** Whether something was told of these that is not in force yet. */
  waits(places: readonly Place[]): boolean {
    return places.some((place) => this.#waiting.has(nameOf(place)));
  }

  /** Puts what was told of these; resolves when it is in force. Never rejects. */
  async settle(places: readonly Place[]): Promise<void> {
    const names = places.map(nameOf).filter((name) => this.#waiting.has(name));
    if (names.length === 0) return;
    await this.#parts.reconciler.inTurn(async () => {
      for (const name of names) await this.#put(name);
    });
  }

  /** The store has a newer row of ours for these. */
  forget(places: readonly Place[]): void {
    for (const place of places) this.#waiting.delete(nameOf(place));
  }

  async #follow(): Promise<void> {
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    for (const name of this.#waiting.keys()) await this.#parts.reconciler.inTurn(() => this.#put(name));
    this.#isFollowing = false;
  }

  /** In a turn. */
  async #put(name: string): Promise<void> {
    const row = this.#waiting.get(name);
    if (row === undefined) return;
    this.#waiting.delete(name);
    const { reconciler, log } = this.#parts;
    try {
      const edit = editOf(row);
      if (edit.shelf === "backends" && !isKept(reconciler.overlay.standing(edit)))
        await this.#putOverCopy(edit);
      else await reconciler.put(edit.shelf === "clients" ? edit : this.#merged(edit), BEFORE_START);
    } catch (error) {
      log.logger.error({ key: row.key, reason: whole(error) }, "the store has a row that cannot be used");
    }
  }

  /** In a turn: a copy yields to a kept backend of its name, and kept words about one that is no more are over, not the copy's. */
  async #putOverCopy(kept: BackendEdit): Promise<void> {
    const { reconciler, log, followed } = this.#parts;
    const { pool, name, added, said } = kept;
    if (added === undefined) {
      for (const each of wordsOver(said, `${pool}/`)) tellNews(log, each);
      return followed([kept]);
    }
    await reconciler.put(kept, BEFORE_START);
    tellNews(log, { kind: "copy-yielded", pool, backend: name });
  }

  /** What was said before the start, under what was said since then, per value. */
  #merged<Any extends BackendEdit | PoolEdit>(kept: Any): Any {
    const { added = kept.added, said } = this.#parts.reconciler.overlay.standing(kept);
    const isOlder = ({ part, word }: Saying) => this.#since?.has(wordIn(kept, part, word.key)) ?? false;
    return { ...kept, added, said: [...kept.said.filter((each) => !isOlder(each)), ...said] };
  }
}

/** The same of a row that must mean something; throws a RangeError that names it. */
function readEdit(row: Keep): Edit {
  try {
    return editOf(row);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`the ${kindOf(row)} ${row.key} in the store: ${error.message}`);
  }
}

function wordIn(place: Place, part: string, key: string): string {
  return `${nameOf(place)} ${part} ${key}`;
}
