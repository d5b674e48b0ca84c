import { escaped } from "../../config/shown.ts";
import { readableDuration } from "../../core/duration.ts";
import { columnsOf } from "../columns.ts";
import { named } from "../place.ts";
import { verdictOn } from "../status.ts";
import { agoOf, backendLine, headLine, rateText } from "./backend-line.ts";
import { drawn, type Line } from "./line.ts";
import { added, type BackendNumbers, type ListenerNumbers, numbersOf, type PoolNumbers } from "./numbers.ts";
import type { Sample } from "./sample.ts";
import { selectedOf, sorted, type View } from "./view.ts";

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
const KEYS = " h help  q quit  up/down select  d drain  r ready  sort: o n a s c f  i invert";

/** The page: at most `rows` lines of at most `columns` columns, without line ends. */
export function frameOf(known: Known, view: View, { columns, rows }: Size, colours: boolean): string[] {
  const numbers = numbersOf(known.sample, known.before);
  const selected = selectedOf(numbers, view);
  const { wallMs } = known.sample;
  const above: Line[] = [...headOf(known, view, columns), ...listenerLines(numbers.listeners)];
  const below: Line[] = [...detailOf(selected, wallMs), footOf(view)];
  const body = view.help
    ? HELP
    : numbers.pools.flatMap((pool) => poolLines(pool, view, selected, { columns, wallMs }));
  const room = Math.max(0, rows - above.length - below.length - 1);
  const shown = visible(body, room);
  const gap: Line[] = Array.from({ length: room - shown.length }, () => []);
  const head: Line = headLine(columns).map(([text]) => [text, ["bold", "underline"]]);
  const lines = [...above, head, ...shown.map(({ line }) => line), ...gap, ...below];
  return lines.slice(0, Math.max(0, rows)).map((line) => drawn(line, columns, colours));
}

/** The same for a printer: all of it, once. */
export function tableText(known: Known, columns: number): string {
  const numbers = numbersOf(known.sample, known.before);
  const drawing = { columns, wallMs: known.sample.wallMs };
  const pools = numbers.pools.flatMap((pool) => poolLines(pool, undefined, undefined, drawing));
  const { text } = verdictOn(known.sample.health, known.sample.status);
  const listeners = listenerLines(numbers.listeners, Infinity);
  const lines: Line[] = [[[text]], ...listeners, headLine(columns), ...pools.map(({ line }) => line)];
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

function listenerLines(listeners: readonly ListenerNumbers[], most = MOST_LISTENERS): Line[] {
  const lines = listeners.slice(0, most).map(listenerLine);
  const others = listeners.slice(most);
  if (others.length === 0) return lines;
  const active = added(others.map(({ listener }) => listener.active));
  const perSec = added(others.map((each) => each.perSec ?? 0));
  return [...lines, [[`and ${others.length} more: ${sessionsText(active)}, ${rateText(perSec)}/s`]]];
}

function listenerLine({ listener, perSec, failed, failedPerSec }: ListenerNumbers): Line {
  const { name, address, leaving, active } = listener;
  const place = name === address ? escaped(name) : `${escaped(name)} (${escaped(address)})`;
  const state = leaving ? ", leaves" : "";
  return [
    [`${place}${state}: ${sessionsText(active)}, ${rateText(perSec)}/s, `],
    [`${failed} failed (${rateText(failedPerSec)}/s)`, (failedPerSec ?? 0) > 0 ? "red" : undefined],
  ];
}

interface BodyLine {
  readonly line: Line;
  readonly selected: boolean;
}

function poolLines(
  pool: PoolNumbers,
  view: View | undefined,
  selected: BackendNumbers | undefined,
  drawing: { readonly columns: number; readonly wallMs: number },
): BodyLine[] {
  const backends = view === undefined ? pool.backends : sorted(pool, view);
  const full = fullShare(pool);
  return [
    { line: [[poolText(pool), "bold"]], selected: false },
    ...backends.map((each) => {
      const isSelected = each === selected;
      return { line: backendLine(each, { ...drawing, full }, isSelected), selected: isSelected };
    }),
  ];
}

/** Where all is as it should be, bars are half full. */
function fullShare({ backends }: PoolNumbers): number {
  const fair = Math.max(0, ...backends.map(({ backend }) => backend.fairShare));
  const most = Math.max(0, ...backends.map(({ backend }) => backend.share));
  return Math.min(1, Math.max(2 * fair, most)) || 1;
}

function poolText({ pool, perSec, connect }: PoolNumbers): string {
  const queue = pool.queued > 0 ? `, ${pool.queued} in the queue` : "";
  const times = `connect p50 ${msText(connect?.p50Ms)} p99 ${msText(connect?.p99Ms)} ms`;
  const what = `${escaped(pool.algorithm)}, ${sessionsText(pool.active)}${queue}, ${rateText(perSec)}/s`;
  return `${escaped(pool.name)}: ${what}, ${pool.backends.length === 0 ? "no backends" : times}`;
}

function detailOf(on: BackendNumbers | undefined, wallMs: number): Line[] {
  if (on === undefined) return [[], [], []];
  const { backend, pool } = on;
  const { configured, administrative, operational, unresolved, address, probe } = backend;
  const { state, weight } = administrative;
  const wanted = `${state.value} (${escaped(state.source)}) for ${agoOf(state.since, wallMs)}, weight ${weight.value} (${escaped(weight.source)})`;
  const found =
    operational === null
      ? `no address: ${escaped(unresolved ?? "")}`
      : `${escaped(operational.value)} (${escaped(operational.source)}) for ${agoOf(operational.since, wallMs)}: ${escaped(operational.reason)}`;
  const last = probe
    ? `; last probe ${agoOf(probe.at, wallMs)} ago: ${probe.failure === null ? `well, ${msText(probe.ms)} ms` : escaped(probe.failure)}`
    : "";
  const where = address === null ? "" : `, ${escaped(address)}`;
  const name = named({ pool, backend: backend.name });
  const dials = `${backend.connected} connected, ${backend.failed} failed`;
  return [
    [[`${name}${where}: ${dials}; configured ${configured.state}, weight ${configured.weight}`, "bold"]],
    [[`  wanted ${wanted}`]],
    [[`  found ${found}${last}`]],
  ];
}

function footOf({ asked, message, help }: View): Line {
  if (asked !== undefined) {
    const sentence = asked.state === "drain" ? "drain, it gets no new sessions" : "make ready";
    return [[`${named(asked.place)}: ${sentence}? y: yes, any other key: no`, ["bold", "yellow"]]];
  }
  if (help) return [[" any key: back", "inverse"]];
  return message === undefined ? [[KEYS, "inverse"]] : [[message, "bold"]];
}

const HELP: readonly BodyLine[] = [
  "up, down, k, j        another backend",
  "page up, page down    ten backends further; home, end: the first, the last",
  "d                     drain it: no new sessions; its sessions go on",
  "r                     make it ready again",
  "o n a s c f           sort by order, name, active, state, connections, failed",
  "i                     the other way round",
  "h                     this",
  "q                     quit",
  "SHARE:FAIR            = its share of the pool's sessions, : what is fair",
  "BY                    whose word the state is: file, api, probe, dials",
].map((text) => ({ line: [[` ${text}`]], selected: false }));

/** As much of a body as there is room for, with the selected line in the middle where not all of it is seen. */
function visible(body: readonly BodyLine[], room: number): readonly BodyLine[] {
  const at = body.findIndex(({ selected }) => selected);
  const first = Math.max(0, Math.min(body.length - room, at - Math.floor(room / 2)));
  return body.slice(first, first + room);
}

function sessionsText(count: number): string {
  return count === 1 ? "1 session" : `${count} sessions`;
}

function msText(ms: number | undefined): string {
  if (ms === undefined) return "-";
  return ms.toFixed(ms < 10 ? 2 : 0);
}
