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

/**
 * The median of the ratios of two findings by one measure, sample by sample: the samples of one turn are taken close together, so
 * their ratio is steadier than that of two medians. Null where there is nothing to compare.
 */
export function ratio(samples: readonly number[], base: readonly number[]): number | null {
  const ratios = samples.flatMap((cost, turn) => {
    const of = base[turn] ?? 0;
    return cost === 0 || of === 0 ? [] : [cost / of];
  });
  return ratios.length === 0 ? null : median(ratios);
}

function finding(column: readonly Cell[], columns: ReadonlyMap<string, readonly Cell[]>): Finding {
  const { subject, measure } = column[0] as Cell;
  const samples = costsOf(column);
  const ratioTo = (other: string) => ratio(samples, costsOf(columns.get(columnOf(other, measure)) ?? []));
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

/** Each turn measures every subject once, so the samples of two columns belong together by their place. */
const costsOf = (column: readonly Cell[]) => column.map(({ sample }) => sample.cost);

const median = (values: readonly number[]) => interpolated(values, 0.5);

const columnOf = (subject: string, measure: string) => `${subject} ${measure}`;
