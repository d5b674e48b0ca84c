import { escaped } from "../../config/shown.ts";
import { columnsOf, inColumns } from "../columns.ts";
import type { BackendStatus } from "../documents.ts";
import { isUp, percent, sinceOf, stateOf } from "../status.ts";
import { agoOf, countText, rateText } from "./figures.ts";
import type { Line, Span } from "./line.ts";
import type { BackendNumbers } from "./numbers.ts";

/** What a line of a backend is drawn for. */
export interface Drawing {
  /** Of the terminal. */
  readonly columns: number;
  /** Unix time. */
  readonly wallMs: number;
  /** The share at which the bar is full. */
  readonly full: number;
}

interface Column {
  readonly head: string;
  readonly align: "left" | "right";
  readonly columns: number;
  /** From how many columns of the terminal on it is there. */
  readonly from?: number;
  readonly cell: (numbers: BackendNumbers, drawing: Drawing) => Span;
}

const WIDE = 110;
const NARROWEST_NAME = 8;
const BAR = 12;
const MARK = 1;

const COLUMNS: readonly Column[] = [
  {
    head: "STATE",
    align: "left",
    columns: 10,
    cell: ({ backend }) => [stateOf(backend), isUp(backend) ? "green" : "yellow"],
  },
  { head: "BY", align: "left", columns: 5, cell: ({ backend }) => [layerOf(backend)] },
  {
    head: "SINCE",
    align: "right",
    columns: 7,
    from: WIDE,
    cell: ({ backend }, { wallMs }) => [agoOf(sinceOf(backend), wallMs)],
  },
  { head: "ACTIVE", align: "right", columns: 6, cell: ({ backend }) => [countText(backend.active)] },
  {
    head: "SHARE:FAIR",
    align: "left",
    columns: BAR,
    cell: ({ backend }, { full }) => [barOf(backend, full)],
  },
  { head: "SHARE", align: "right", columns: 5, cell: ({ backend }) => [percent(backend.share)] },
  { head: "FAIR", align: "right", columns: 5, cell: ({ backend }) => [percent(backend.fairShare)] },
  { head: "PER SEC", align: "right", columns: 7, cell: ({ perSec }) => [rateText(perSec)] },
  {
    head: "FAILED",
    align: "right",
    columns: 6,
    cell: ({ backend, failedPerSec = 0 }) => [
      countText(backend.failed),
      failedPerSec > 0 ? "red" : undefined,
    ],
  },
  {
    head: "PROBE",
    align: "right",
    columns: 16,
    from: WIDE,
    cell: ({ backend }, { wallMs }) => [probeText(backend, wallMs)],
  },
];

/** The line above those of backends. */
export function headLine(columns: number): Line {
  const cells = present(columns).map(({ head, align, columns: own }) => inColumns(head, align, own));
  return [[[" ".repeat(MARK) + inColumns("BACKEND", "left", nameColumns(columns)), ...cells].join(" ")]];
}

/** One backend, marked where the keys are about it. */
export function backendLine(numbers: BackendNumbers, drawing: Drawing, selected: boolean): Line {
  const name = inColumns(escaped(numbers.backend.name), "left", nameColumns(drawing.columns));
  const cells = present(drawing.columns).map(({ align, columns, cell }): Span => {
    const [text, style] = cell(numbers, drawing);
    return [` ${inColumns(text, align, columns)}`, style];
  });
  const line: Line = [[selected ? ">" : " "], [name], ...cells];
  return selected ? line.map(([text]) => [text, "inverse"]) : line;
}

/** How many columns a line has that shortens no name and leaves nothing out. */
export function widestOf(backends: readonly BackendNumbers[]): number {
  const others = otherColumns(WIDE);
  return backends.reduce(
    (most, { backend }) => Math.max(most, others + columnsOf(escaped(backend.name))),
    WIDE,
  );
}

function present(columns: number): readonly Column[] {
  return COLUMNS.filter(({ from = 0 }) => columns >= from);
}

function nameColumns(columns: number): number {
  return Math.max(NARROWEST_NAME, columns - otherColumns(columns));
}

function otherColumns(columns: number): number {
  return present(columns).reduce((sum, each) => sum + 1 + each.columns, MARK);
}

/** Whose word its state is: an operator's or the file's where that is not ready, else that of health. */
function layerOf({ administrative: { state }, operational }: BackendStatus): string {
  return escaped(state.value === "ready" ? (operational?.source ?? "names") : state.source);
}

/** Its share as a bar, and a colon where its fair share ends. */
function barOf({ share, fairShare }: BackendStatus, full: number): string {
  const inside = BAR - 2;
  const steps = (part: number) => Math.min(inside, Math.max(0, Math.round((part / full) * inside)));
  const cells = "=".repeat(steps(share)).padEnd(inside).split("");
  if (fairShare > 0) cells[Math.max(0, steps(fairShare) - 1)] = ":";
  return `[${cells.join("")}]`;
}

function probeText({ probe }: BackendStatus, wallMs: number): string {
  if (!probe) return "-";
  return `${probe.failure === null ? `${probe.ms.toFixed(1)} ms` : "failed"}, ${agoOf(probe.at, wallMs)}`;
}
