import { interpolated } from "../quantile.ts";
import type { Cell } from "./rounds.ts";

/** What was found for one subject by one measure, in the measure's unit. */
export interface Finding {
  readonly subject: string;
  readonly measure: string;
  readonly median: number;
  /** Half of the samples are between the quartiles. */
  readonly quartiles: readonly [number, number];
  readonly min: number;
  readonly max: number;
  /** Against these subjects: medians of the ratios taken turn by turn; null where there is nothing to compare. */
  readonly ratioTo: { readonly pipe: number | null; readonly haproxy: number | null };
  /** Median of the time that passed per unit, in microseconds. */
  readonly wallUs: number;
  /** In the order they were taken. */
  readonly samples: readonly number[];
}

/** One finding per subject and measure, in the order in which they were first measured. */
export function findings(cells: readonly Cell[]): Finding[] {
  const columns = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = columnOf(cell.subject, cell.measure);
    const column = columns.get(key);
    if (column === undefined) columns.set(key, [cell]);
    else column.push(cell);
  }
  return [...columns.values()].map((column) => finding(column, columns));
}

function finding(column: readonly Cell[], columns: ReadonlyMap<string, readonly Cell[]>): Finding {
  const { subject, measure } = column[0] as Cell;
  const samples = column.map(({ sample }) => sample.cost);
  const ratioTo = (other: string) => pairedRatio(column, columns.get(columnOf(other, measure)) ?? []);
  return {
    subject,
    measure,
    median: median(samples),
    quartiles: [interpolated(samples, 0.25), interpolated(samples, 0.75)],
    min: Math.min(...samples),
    max: Math.max(...samples),
    ratioTo: { pipe: ratioTo("pipe"), haproxy: ratioTo("haproxy") },
    wallUs: median(column.map(({ sample }) => sample.wallUs)),
    samples,
  };
}

/** Samples of one turn are taken close together, so their ratio is steadier than that of two medians. */
function pairedRatio(column: readonly Cell[], base: readonly Cell[]): number | null {
  const costs = new Map(base.map(({ turn, sample }) => [turn, sample.cost]));
  const ratios = column.flatMap(({ turn, sample }) => {
    const cost = costs.get(turn);
    return cost === undefined || sample.cost === 0 ? [] : [sample.cost / cost];
  });
  return ratios.length === 0 ? null : median(ratios);
}

const median = (values: readonly number[]) => interpolated(values, 0.5);

const columnOf = (subject: string, measure: string) => `${subject} ${measure}`;
