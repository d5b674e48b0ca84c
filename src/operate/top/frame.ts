import { readableDuration } from "../../core/duration.ts";
import { columnsOf } from "../columns.ts";
import { verdictOn } from "../status.ts";
import { headLine, widestOf } from "./backend-line.ts";
import { detailLines } from "./detail-lines.ts";
import { footOf, HELP } from "./foot.ts";
import { drawn, type Line } from "./line.ts";
import { listenerLines } from "./listener-lines.ts";
import { numbersOf } from "./numbers.ts";
import { type BodyLine, poolLines } from "./pool-lines.ts";
import type { Sample } from "./sample.ts";
import { selectedOf, type View } from "./view.ts";

/** What is known of the balancer. */
export interface Known {
  /** Where its API is. */
  readonly where: string;
  readonly sample: Sample;
  /** The one before it. */
  readonly before: Sample | undefined;
  /** By the Clock. */
  readonly nowMs: number;
  /** Why the last question had no answer; undefined where it had one. */
  readonly lost: string | undefined;
}

/** What there is to draw on. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const MOST_LISTENERS = 3;
/** An answer may be late by so much before it is told. */
const LATE_MS = 2_500;

/** The page: at most `rows` lines of at most `columns` columns, without line ends. */
export function frameOf(known: Known, view: View, { columns, rows }: Size, colours: boolean): string[] {
  const numbers = numbersOf(known.sample, known.before);
  const selected = selectedOf(numbers, view);
  const { wallMs } = known.sample;
  const above: Line[] = [
    ...headOf(known, view, columns),
    ...listenerLines(numbers.listeners, MOST_LISTENERS),
  ];
  const below: Line[] = [...(selected ? detailLines(selected, wallMs) : [[], [], []]), footOf(view)];
  const body = view.help
    ? HELP
    : numbers.pools.flatMap((pool) => poolLines(pool, view, selected, { columns, wallMs }));
  const room = Math.max(0, rows - above.length - below.length - 1);
  const shown = visible(body, room);
  const gap: Line[] = Array.from({ length: room - shown.length }, () => []);
  const head: Line = headLine(columns).map(([text]) => [text, ["bold", "underline"]]);
  const lines = [...above, head, ...shown.map(({ line }) => line()), ...gap, ...below];
  return lines.slice(0, Math.max(0, rows)).map((line) => drawn(line, columns, colours));
}

/** The same for a printer: all of it, once, with every column and whole names, as what reads it has no edge. */
export function tableText(known: Known): string {
  const numbers = numbersOf(known.sample, known.before);
  const columns = widestOf(numbers.pools.flatMap(({ backends }) => backends));
  const drawing = { columns, wallMs: known.sample.wallMs };
  const pools = numbers.pools.flatMap((pool) => poolLines(pool, undefined, undefined, drawing));
  const { text } = verdictOn(known.sample.health, known.sample.status);
  const listeners = listenerLines(numbers.listeners, Infinity);
  const lines: Line[] = [[[text]], ...listeners, headLine(columns), ...pools.map(({ line }) => line())];
  return lines.map((line) => drawn(line, Infinity, false).trimEnd()).join("\n");
}

function headOf({ where, sample, nowMs, lost }: Known, { sort, inverted }: View, columns: number): Line[] {
  const { health, status, wallMs } = sample;
  const time = `${new Date(wallMs).toISOString().slice(11, 19)} UTC`;
  const title = `lb top  ${where}  sorted by ${sort}${inverted ? ", inverted" : ""}`;
  const space = " ".repeat(Math.max(2, columns - columnsOf(title) - columnsOf(time)));
  const { text, colour } = verdictOn(health, status);
  const silentMs = nowMs - sample.atMs;
  const why = lost === undefined ? "" : `: ${lost}`;
  const verdict: Line =
    lost !== undefined || silentMs > LATE_MS
      ? [[`no answer for ${readableDuration(silentMs)}, this is as of ${time}${why}`, ["bold", "red"]]]
      : [[text, ["bold", colour]]];
  return [[[title, "bold"], [space + time]], verdict];
}

/** As much of a body as there is room for, with the selected line in the middle where not all of it is seen. */
function visible(body: readonly BodyLine[], room: number): readonly BodyLine[] {
  const at = body.findIndex(({ selected }) => selected);
  const first = Math.max(0, Math.min(body.length - room, at - Math.floor(room / 2)));
  return body.slice(first, first + room);
}
