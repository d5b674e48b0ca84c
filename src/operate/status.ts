import { styleText } from "node:util";
import { escaped } from "../config/shown.ts";
import { readableDuration } from "../core/duration.ts";
import type { BackendStatus, Health, PoolStatus, Status } from "./documents.ts";

/** How a page of text is drawn. */
export interface Paper {
  /** Columns of the terminal. */
  readonly width: number;
  readonly colours: boolean;
}

const HEAD = ["backend", "state", "active", "share", "fair", "weight", "since"] as const;
const TO_THE_LEFT = [0, 1];
const REASON_LEAST = 12;

/** Whether all is well and if not what, and a table for each pool. `nowMs`: Unix time. */
export function statusText(
  { health, status }: { health: Health; status: Status },
  paper: Paper,
  nowMs: number,
): string {
  const first =
    health.status === "ok" ? "all is well" : `degraded: ${health.reasons.map(escaped).join("; ")}`;
  const pools = status.pools.map((pool) => poolText(pool, paper, nowMs));
  return [coloured(first, health.status === "ok" ? "green" : "red", paper), ...pools, ""]
    .join("\n\n")
    .trimEnd();
}

function poolText(
  { name, algorithm, queued, active, backends }: PoolStatus,
  paper: Paper,
  nowMs: number,
): string {
  const waiting = queued > 0 ? `, ${queued} wait` : "";
  const title = `${escaped(name)}: ${algorithm}, ${active} sessions${waiting}`;
  if (backends.length === 0) return `${title}\n  no backends`;
  const rows = backends.map((backend) => cellsOf(backend, nowMs));
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = [[...HEAD], ...rows].map((cells) => aligned(cells, widths));
  const notes = backends.map((backend) => noteOf(backend));
  const left = paper.width - (lines[0]?.length ?? 0) - 4;
  const drawn = lines.map((line, at) => {
    const backend = backends[at - 1];
    const note = at === 0 || left < REASON_LEAST ? "" : short(notes[at - 1] ?? "", left);
    const text = `  ${line}${note === "" ? "" : `  ${note}`}`.trimEnd();
    return backend === undefined || isWell(backend) ? text : coloured(text, "yellow", paper);
  });
  return [title, ...drawn].join("\n");
}

function cellsOf(backend: BackendStatus, nowMs: number): string[] {
  const { name, active, share, fairShare, administrative, operational } = backend;
  const since = administrative.state.value === "ready" ? operational?.since : administrative.state.since;
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
function stateOf({ administrative, operational, unresolved }: BackendStatus): string {
  if (unresolved !== null) return "no address";
  const { value } = administrative.state;
  return value === "ready" ? (operational?.value ?? "up") : value;
}

function isWell(backend: BackendStatus): boolean {
  return stateOf(backend) === "up";
}

function noteOf(backend: BackendStatus): string {
  if (backend.unresolved !== null) return escaped(backend.unresolved);
  const { value = "up", reason = "" } = backend.operational ?? {};
  return value === "up" ? "" : escaped(reason);
}

function aligned(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, at) =>
    TO_THE_LEFT.includes(at) ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
  );
  return padded.join("  ");
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function short(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function coloured(text: string, colour: "green" | "red" | "yellow", { colours }: Paper): string {
  return colours ? styleText(colour, text) : text;
}
