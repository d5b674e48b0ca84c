import type { Scale } from "../../contract/histogram.ts";
import type { Totals } from "../../contract/sample.ts";
import type { Clock, Timer } from "../../core/clock.ts";
import { type Ending, endings } from "../../core/ending.ts";
import type { Log } from "../../observe/log.ts";
import type { Plane } from "../../plane/plane.ts";
import { percentileMs } from "./percentile.ts";

const EVERY_MS = 1_000;
/** Five minutes. */
const KEPT = 300;
/** Percentiles are those of so many moments: of one second alone there would often be too few. */
const WINDOW = 10;

/** The whole balancer at one moment. */
export interface Moment {
  readonly at: string;
  /** Sessions that began, a second. */
  readonly perSec: number;
  /** Sessions then. */
  readonly active: number;
  /** How many ended with each word since the moment before; words of which there were none are absent. */
  readonly endings: { readonly [word in Ending]?: number };
  /** Of the last ten seconds; null where there was nothing to measure. */
  readonly connectMs: Percentiles;
  readonly sessionMs: Percentiles;
}

/** The middle, and what one of a hundred is above. */
interface Percentiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** What is counted so far, a row of numbers of each listener or pool by its name. */
type Rows = ReadonlyMap<string, readonly number[]>;

/** What there was at one second. */
interface Look {
  readonly atMs: number;
  readonly active: number;
  readonly sessions: Rows;
  /** In the order of WORDS. */
  readonly endings: Rows;
  readonly connect: Rows;
  readonly session: Rows;
}

const WORDS = Object.keys(endings) as Ending[];

/** What moments are made of. */
export interface MomentsParts {
  readonly clock: Clock;
  readonly plane: Pick<Plane, "totals">;
  readonly log: Pick<Log, "logger">;
}

/**
 * The last five minutes, a moment each second, also while there is no reader: who opens the page because something went wrong
 * wants to see what was before. A moment costs some microseconds, whatever the number of backends and sessions.
 */
export class Moments implements Disposable {
  readonly #parts: MomentsParts;
  #looks: Look[] = [];
  #moments: Moment[] = [];
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: MomentsParts) {
    this.#parts = parts;
    void this.#look();
  }

  /** The oldest first. */
  get all(): readonly Moment[] {
    return this.#moments;
  }

  /** Those that came after one, or all where that is gone. */
  after(last: Moment | undefined): readonly Moment[] {
    return last === undefined ? this.#moments : this.#moments.slice(this.#moments.lastIndexOf(last) + 1);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const { clock, plane, log } = this.#parts;
    try {
      this.#add(lookAt(await plane.totals(), clock.now()));
    } catch (error) {
      log.logger.error({ err: error }, "a moment could not be noted");
    }
    if (!this.#closed) this.#timer = clock.after(EVERY_MS, () => void this.#look());
  }

  #add(look: Look): void {
    const before = this.#looks.at(-1);
    const first = this.#looks[0];
    this.#looks = [...this.#looks.slice(-WINDOW), look];
    if (before === undefined || first === undefined) return;
    const at = new Date(this.#parts.clock.wallMs()).toISOString();
    this.#moments = [...this.#moments.slice(1 - KEPT), { at, ...between(first, before, look) }];
  }
}

function between(first: Look, before: Look, now: Look): Omit<Moment, "at"> {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1_000);
  const [sessions = 0] = grown(before.sessions, now.sessions);
  const ended = grown(before.endings, now.endings).map((count, word) => [WORDS[word], count] as const);
  return {
    perSec: Math.round((sessions / seconds) * 10) / 10,
    active: now.active,
    endings: Object.fromEntries(ended.filter(([, count]) => count > 0)),
    connectMs: percentiles("connect", grown(first.connect, now.connect)),
    sessionMs: percentiles("session", grown(first.session, now.session)),
  };
}

function percentiles(scale: Scale, counts: readonly number[]): Percentiles {
  return { p50: percentileMs(scale, counts, 0.5), p99: percentileMs(scale, counts, 0.99) };
}

/** What came since, added up over all names that are there now; what is gone takes nothing away. */
function grown(before: Rows, now: Rows): number[] {
  const sum: number[] = [];
  for (const [name, row] of now) {
    const was = before.get(name) ?? [];
    for (const [at, count] of row.entries()) sum[at] = (sum[at] ?? 0) + Math.max(0, count - (was[at] ?? 0));
  }
  return sum;
}

function lookAt({ listeners, pools }: Totals, atMs: number): Look {
  return {
    atMs,
    active: listeners.reduce((sum, { active }) => sum + active, 0),
    sessions: rows(listeners, ({ sessions }) => [sessions]),
    endings: rows(listeners, (each) => WORDS.map((word) => each.endings[word] ?? 0)),
    connect: rows(pools, ({ connect }) => connect.counts),
    session: rows(listeners, ({ duration }) => duration.counts),
  };
}

function rows<T extends { readonly name: string }>(
  all: readonly T[],
  row: (each: T) => readonly number[],
): Rows {
  return new Map(all.map((each) => [each.name, row(each)]));
}
