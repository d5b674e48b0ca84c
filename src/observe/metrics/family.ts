import type { ClientsSample } from "../../contract/clients.ts";
import type { HistogramSample, Scale } from "../../contract/histogram.ts";
import type { ListenerSample, PoolSample } from "../../contract/sample.ts";
import type { BackendCounts } from "./backend-series.ts";
import type { ClientCounts } from "./client-series.ts";
import type { ControlReading } from "./control-reading.ts";
import type { ProcessReading } from "./process-reading.ts";

/** What one rendering is made from. */
export interface Reading {
  readonly listeners: readonly ListenerSample[];
  readonly pools: readonly PoolSample[];
  readonly backends: readonly BackendCounts[];
  readonly clients: readonly ClientCounts[];
  readonly entries: ClientsSample["rest"]["entries"];
  readonly process: ProcessReading;
  readonly control: ControlReading;
}

/** The labels of one series; their values come from the configuration, or from a table of ours. */
export type Labels = Readonly<Record<string, string>>;

/** One series and its number. */
export interface Point {
  readonly labels: Labels;
  readonly value: number;
}

/** All series of one histogram. */
export interface Spread {
  readonly labels: Labels;
  readonly observed: HistogramSample;
}

interface Named {
  readonly name: string;
  /** One sentence for a person who sees the name for the first time. */
  readonly help: string;
  readonly labels: readonly string[];
}

/** A number that only grows, or one that goes up and down. */
interface NumberFamily extends Named {
  readonly type: "counter" | "gauge";
  readonly points: (reading: Reading) => Iterable<Point>;
}

/** Times, by ranges. */
interface HistogramFamily extends Named {
  readonly type: "histogram";
  readonly scale: Scale;
  readonly spreads: (reading: Reading) => Iterable<Spread>;
}

/** Metrics of one name. */
export type Family = NumberFamily | HistogramFamily;

/** The series of one row for each of some things. */
export function* each<T>(
  items: Iterable<T>,
  labels: (item: T) => Labels,
  value: (item: T) => number,
): Iterable<Point> {
  for (const item of items) yield { labels: labels(item), value: value(item) };
}

/** The series of all words of a table for each of some things: 0 where there is none. */
export function* eachWord<T>(
  items: Iterable<T>,
  words: readonly string[],
  labels: (item: T, word: string) => Labels,
  value: (item: T, word: string) => number,
): Iterable<Point> {
  for (const item of items)
    for (const word of words) yield { labels: labels(item, word), value: value(item, word) };
}
