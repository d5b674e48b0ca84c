import type { HistogramSample, Scale } from "../../contract/histogram.ts";
import type { Totals } from "../../contract/sample.ts";
import type { Clock, Timer } from "../../core/clock.ts";
import type { Ending } from "../../core/ending.ts";
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

/** What is counted so far, added up over all listeners and pools. */
interface Sum {
  readonly atMs: number;
  readonly sessions: number;
  readonly active: number;
  readonly endings: { readonly [word in Ending]?: number };
  readonly connect: readonly number[];
  readonly session: readonly number[];
}

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
  #sums: Sum[] = [];
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
      this.#add(sumOf(await plane.totals(), clock.now()));
    } catch (error) {
      log.logger.error({ err: error }, "a moment could not be noted");
    }
    if (!this.#closed) this.#timer = clock.after(EVERY_MS, () => void this.#look());
  }

  #add(sum: Sum): void {
    const before = this.#sums.at(-1);
    const first = this.#sums[0];
    this.#sums = [...this.#sums.slice(-WINDOW), sum];
    if (before === undefined || first === undefined) return;
    const at = new Date(this.#parts.clock.wallMs()).toISOString();
    this.#moments = [...this.#moments.slice(1 - KEPT), { at, ...between(first, before, sum) }];
  }
}

function between(first: Sum, before: Sum, now: Sum): Omit<Moment, "at"> {
  const seconds = Math.max(0.001, (now.atMs - before.atMs) / 1_000);
  return {
    perSec: Math.round((more(before.sessions, now.sessions) / seconds) * 10) / 10,
    active: now.active,
    endings: endingsBetween(before.endings, now.endings),
    connectMs: percentiles("connect", first.connect, now.connect),
    sessionMs: percentiles("session", first.session, now.session),
  };
}

function percentiles(scale: Scale, before: readonly number[], now: readonly number[]): Percentiles {
  const counts = now.map((count, index) => more(before[index] ?? 0, count));
  return { p50: percentileMs(scale, counts, 0.5), p99: percentileMs(scale, counts, 0.99) };
}

function endingsBetween(before: Sum["endings"], now: Sum["endings"]): Moment["endings"] {
  const words = Object.keys(now) as Ending[];
  const grown = words.map((word) => [word, more(before[word] ?? 0, now[word] ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, count]) => count > 0));
}

/** Totals go down where a listener or a pool is taken away. */
function more(before: number, now: number): number {
  return Math.max(0, now - before);
}

function sumOf({ listeners, pools }: Totals, atMs: number): Sum {
  return {
    atMs,
    sessions: listeners.reduce((sum, { sessions }) => sum + sessions, 0),
    active: listeners.reduce((sum, { active }) => sum + active, 0),
    endings: addedUp(listeners.map(({ endings }) => endings)),
    connect: counted(pools.map(({ connect }) => connect)),
    session: counted(listeners.map(({ duration }) => duration)),
  };
}

function addedUp(tallies: readonly Sum["endings"][]): Sum["endings"] {
  const sum: { [word in Ending]?: number } = {};
  for (const tally of tallies)
    for (const [word, count] of Object.entries(tally))
      sum[word as Ending] = (sum[word as Ending] ?? 0) + count;
  return sum;
}

function counted(histograms: readonly HistogramSample[]): readonly number[] {
  const sum: number[] = [];
  for (const { counts } of histograms)
    for (const [index, count] of counts.entries()) sum[index] = (sum[index] ?? 0) + count;
  return sum;
}
