import { styleText } from "node:util";
import { escaped } from "../config/shown.ts";
import { readableDuration } from "../core/duration.ts";
import type { BackendStatus, Health, PoolStatus, Status } from "./documents.ts";
import { type Column, tableOf, wrapped } from "./table.ts";

/** How a page of text is drawn. */
export interface Paper {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colours: boolean;
}

interface Verdict {
  readonly text: string;
  readonly colour: "green" | "yellow" | "red";
}

const COLUMNS: readonly Column[] = [
  { head: "backend", align: "left", gives: true },
  { head: "state", align: "left" },
  { head: "active", align: "right" },
  { head: "share", align: "right" },
  { head: "fair", align: "right" },
  { head: "weight", align: "right" },
  { head: "since", align: "right" },
];
const ROW = "  ";
const NOTE = "      ";
const MOST_NAMED = 3;
const MOST_REASONS = 5;

/** Whether all is well and if not what, and a table for each pool. `nowMs`: Unix time. */
export function statusText(
  { health, status }: { health: Health; status: Status },
  paper: Paper,
  nowMs: number,
): string {
  const pools = status.pools.map((pool) => poolText(pool, paper, nowMs));
  return [firstLine(health, status, paper), ...pools].join("\n\n");
}

function firstLine(health: Health, status: Status, paper: Paper): string {
  const { text, colour } = verdictOn(health, status);
  return coloured(text, colour, paper);
}

/** Whether all is well, and if not what, in one line. */
export function verdictOn({ status: word, reasons }: Health, status: Status): Verdict {
  if (word !== "ok") return { text: `degraded: ${listed(reasons, MOST_REASONS, "; ")}`, colour: "red" };
  const all = status.pools.flatMap(({ name: pool, backends }) => backends.map((each) => ({ pool, each })));
  const other = all.filter(({ each }) => !isUp(each)).map(({ pool, each }) => `${pool}/${each.name}`);
  if (other.length === 0) return { text: "all is well", colour: "green" };
  const names = listed(other, MOST_NAMED, ", ");
  return { text: `it serves; ${other.length} of ${all.length} backends not up: ${names}`, colour: "yellow" };
}

function listed(texts: readonly string[], most: number, between: string): string {
  const more = texts.length - most;
  const some = texts.slice(0, most).map(escaped);
  return [...some, ...(more > 0 ? [`and ${more} more`] : [])].join(between);
}

function poolText(
  { name, algorithm, queued, active, backends }: PoolStatus,
  paper: Paper,
  nowMs: number,
): string {
  const waiting = queued > 0 ? `, ${queued} in the queue` : "";
  const title = `${escaped(name)}: ${escaped(algorithm)}, ${active === 1 ? "1 session" : `${active} sessions`}${waiting}`;
  if (backends.length === 0) return `${title}\n${ROW}no backends`;
  const rows = backends.map((backend) => cellsOf(backend, nowMs));
  const [head = "", ...lines] = tableOf(COLUMNS, rows, paper.width - ROW.length);
  const drawn = backends.flatMap((backend, at) => {
    const notes = wrapped(noteOf(backend), paper.width - NOTE.length);
    const text = [`${ROW}${lines[at]}`, ...notes.map((note) => NOTE + note)];
    return isUp(backend) ? text : text.map((line) => coloured(line, "yellow", paper));
  });
  return [title, ROW + head, ...drawn].join("\n");
}

function cellsOf(backend: BackendStatus, nowMs: number): string[] {
  const { name, active, share, fairShare, administrative } = backend;
  const since = sinceOf(backend);
  return [
    escaped(name),
    stateOf(backend),
    String(active),
    percent(share),
    percent(fairShare),
    String(administrative.weight.value),
    since === undefined ? "" : readableDuration(Math.max(0, nowMs - Date.parse(since))),
  ];
}

/** One word for all three layers: what is wanted where that is not ready, else what health makes of it. */
export function stateOf({ administrative, operational, unresolved }: BackendStatus): string {
  const { value } = administrative.state;
  if (value !== "ready") return value;
  return unresolved === null ? escaped(operational?.value ?? "up") : "no address";
}

/** Since when it is in that state; undefined where its name has no address. */
export function sinceOf({ administrative: { state }, operational }: BackendStatus): string | undefined {
  return state.value === "ready" ? operational?.since : state.since;
}

/** Whether it may get new sessions, as far as its state tells. */
export function isUp(backend: BackendStatus): boolean {
  return stateOf(backend) === "up";
}

/** Why health does not find it well. */
function noteOf({ operational, unresolved }: BackendStatus): string {
  if (unresolved !== null) return escaped(unresolved);
  return operational === null || operational.value === "up" ? "" : escaped(operational.reason);
}

/** A share from 0 to 1, for a table. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function coloured(text: string, colour: "green" | "red" | "yellow", { colours }: Paper): string {
  return colours ? styleText(colour, text, { validateStream: false }) : text;
}
