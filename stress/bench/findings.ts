import type { Cell } from "./rounds.ts";

/** What the rounds found for one subject by one measure, in the measure's unit. */
export interface Finding {
  readonly subject: string;
  readonly measure: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Against these subjects: medians of the ratios taken round by round; null where there is nothing to compare. */
  readonly ratioTo: { readonly pipe: number | null; readonly haproxy: number | null };
  /** Median of the time that passed per unit, in microseconds. */
  readonly wallUs: number;
  /** One per round. */
  readonly samples: readonly number[];
}

/** One finding per subject and measure, in the order in which they were first measured. */
export function findings(cells: readonly Cell[]): Finding[] {
  const columns = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = columnOf(cell.subject, cell.measure);
    columns.set(key, [...(columns.get(key) ?? []), cell]);
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
    min: Math.min(...samples),
    max: Math.max(...samples),
    ratioTo: { pipe: ratioTo("pipe"), haproxy: ratioTo("haproxy") },
    wallUs: median(column.map(({ sample }) => sample.wallUs)),
    samples,
  };
}

/** Samples of one round are taken close together, so their ratio is steadier than that of two medians. */
function pairedRatio(column: readonly Cell[], base: readonly Cell[]): number | null {
  const costs = new Map(base.map(({ round, sample }) => [round, sample.cost]));
  const ratios = column.flatMap(({ round, sample }) => {
    const cost = costs.get(round);
    return cost === undefined || sample.cost === 0 ? [] : [sample.cost / cost];
  });
  return ratios.length === 0 ? null : median(ratios);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

const columnOf = (subject: string, measure: string) => `${subject} ${measure}`;
