import { table } from "../../clients/table.ts";
import type { Verdict } from "./bounds.ts";
import type { Finding } from "./findings.ts";
import type { Measure } from "./measure.ts";
import type { Plan } from "./rounds.ts";

/** One table: a row per subject, a column per measure. */
interface Table {
  readonly title: string;
  readonly column: (measure: Measure) => string;
  readonly cell: (finding: Finding) => string;
}

// What no proxy costs.
const NONE = "–";
const unitOf = ({ unit, per }: Measure) => `${unit}/${per}`;

const ALL: readonly Table[] = [
  {
    title: "Cost of the proxy's process, medians, with the ratio to HAProxy (h) and to the bare pipe (p)",
    column: unitOf,
    cell: ({ median, ratioTo }) =>
      [figure(median), ratio("h", ratioTo.haproxy), ratio("p", ratioTo.pipe)].join(""),
  },
  {
    title: "The middle half of the samples",
    column: unitOf,
    cell: ({ quartiles: [low, high] }) => (high === 0 ? NONE : `${figure(low)} to ${figure(high)}`),
  },
  {
    title: "Time that passed: load, proxy and backend together",
    column: ({ per }) => `µs/${per}`,
    cell: ({ wallUs }) => figure(wallUs),
  },
];

/** What a person reads: the medians with their ratios, how far the samples spread, the time that passed, the bounds. */
export function tables(plan: Plan, findings: readonly Finding[], verdicts: readonly Verdict[]): string {
  const shown = ALL.map((each) => `${each.title}\n\n${tableOf(each, plan, findings)}\n`);
  return [...shown, ...verdicts.map(verdictLine)].join("\n");
}

/** The row of a subject that was not measured says why in place of its cells. */
function tableOf({ column, cell }: Table, plan: Plan, findings: readonly Finding[]): string {
  const { subjects, measures, absent } = plan;
  // Empty where the subject cannot be measured so.
  const cellOf = (finding: Finding | undefined) => (finding === undefined ? "" : cell(finding));
  const row = (subject: string) => {
    const reason = absent.get(subject);
    if (reason !== undefined) return [subject, reason];
    return [subject, ...measures.map((measure) => cellOf(findingOf(findings, subject, measure.name)))];
  };
  return table(
    ["", ...measures.map(column)],
    subjects.map(({ name }) => row(name)),
  );
}

function findingOf(findings: readonly Finding[], subject: string, measure: string): Finding | undefined {
  return findings.find((each) => each.subject === subject && each.measure === measure);
}

function ratio(mark: string, value: number | null): string {
  return value === null ? "" : ` ${value.toFixed(2)}${mark}`;
}

/** Three digits, more than one run can tell apart. */
function figure(value: number): string {
  if (value === 0) return NONE;
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function verdictLine({ subject, measure, against, atMost, found, held }: Verdict): string {
  const shown = against === null ? `${figure(found)} KiB` : `${found.toFixed(2)} × ${against}`;
  return `${held ? "held  " : "missed"}  ${subject} ${measure}: ${shown}, at most ${atMost}`;
}
