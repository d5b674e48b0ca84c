import { type Finding, ratio } from "./findings.ts";

/** What a subject is held to by a measure: the most it may be, as a ratio to another subject or in the measure's unit. */
export interface Bound {
  readonly subject: string;
  readonly measure: string;
  readonly against: string | null;
  readonly atMost: number;
  /** It is of a row or a column that is measured only where it is named. */
  readonly extra?: true;
}

/** A bound beside what was found. */
export interface Verdict extends Bound {
  readonly found: number;
  readonly held: boolean;
}

/** What this balancer is held to. */
export const bounds: readonly Bound[] = [
  { subject: "lb", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb", measure: "connection", against: "pipe", atMost: 1.35 },
  { subject: "lb", measure: "idle", against: null, atMost: 24 },
  { subject: "lb-guarded", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb-guarded", measure: "connection", against: "pipe", atMost: 1.35 },
  { subject: "lb-guarded", measure: "idle", against: null, atMost: 24 },
  { subject: "lb-admin", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb-admin", measure: "connection", against: "pipe", atMost: 1.35 },
  { subject: "lb-watched", measure: "paced", against: "lb-unwatched", atMost: 1.05, extra: true },
];

/** The verdict on every bound of which something was found. */
export function verdicts(findings: readonly Finding[]): Verdict[] {
  return bounds.flatMap((bound) => {
    const found = foundFor(bound, findings);
    return found == null ? [] : [{ ...bound, found, held: found <= bound.atMost }];
  });
}

function foundFor({ subject, measure, against }: Bound, findings: readonly Finding[]) {
  const of = (name: string) => findings.find((each) => each.subject === name && each.measure === measure);
  const finding = of(subject);
  if (against === null || finding === undefined) return finding?.median;
  return ratio(finding.samples, of(against)?.samples ?? []);
}
