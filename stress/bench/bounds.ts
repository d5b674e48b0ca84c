import type { Finding } from "./findings.ts";

/** What a subject is held to by a measure: the most it may be, as a ratio to another subject or in the measure's unit. */
export interface Bound {
  readonly subject: string;
  readonly measure: string;
  readonly against: keyof Finding["ratioTo"] | null;
  readonly atMost: number;
}

/** A bound beside what was found. */
export interface Verdict extends Bound {
  readonly found: number;
  readonly held: boolean;
}

/** What this balancer is held to: KiB for the idle connection, a ratio to Node's bare pipe for the others. */
export const bounds: readonly Bound[] = [
  { subject: "lb", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb", measure: "connection", against: "pipe", atMost: 1.35 },
  { subject: "lb", measure: "idle", against: null, atMost: 24 },
  { subject: "lb-guarded", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb-guarded", measure: "connection", against: "pipe", atMost: 1.35 },
  { subject: "lb-guarded", measure: "idle", against: null, atMost: 24 },
  { subject: "lb-admin", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb-admin", measure: "connection", against: "pipe", atMost: 1.35 },
];

/** The verdict on every bound of which something was found. */
export function verdicts(findings: readonly Finding[]): Verdict[] {
  return bounds.flatMap((bound) => {
    const finding = findings.find((f) => f.subject === bound.subject && f.measure === bound.measure);
    const found = bound.against === null ? finding?.median : finding?.ratioTo[bound.against];
    return found == null ? [] : [{ ...bound, found, held: found <= bound.atMost }];
  });
}
