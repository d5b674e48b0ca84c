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

/** Both engines: `bulk` is compared with HAProxy as it comes, and tuned alike. */
const ofEngine = (engine: string): Bound[] => {
  const of = (measure: string, against: string | null, atMost: number): Bound => ({
    subject: engine,
    measure,
    against,
    atMost,
  });
  return [
    of("bulk", "haproxy", 0.55),
    of("bulk", "haproxy-tuned", 1.1),
    of("idle", null, 8),
    { ...of("latency", "haproxy", 1.1), extra: true },
    { ...of("connection", engine, 1.25), subject: `${engine}-records`, extra: true },
    { ...of("connection", engine, 1.1), subject: `${engine}-guarded`, extra: true },
    { ...of("message", engine, 1.1), subject: `${engine}-guarded`, extra: true },
    { ...of("idle", null, 24), subject: `${engine}-guarded`, extra: true },
  ];
};

/** What this balancer is held to. */
export const bounds: readonly Bound[] = [
  { subject: "lb", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb", measure: "connection", against: "pipe", atMost: 1.35 },
  { subject: "lb", measure: "idle", against: null, atMost: 24 },
  { subject: "lb-records", measure: "connection", against: "lb", atMost: 1.25 },
  { subject: "lb-guarded", measure: "message", against: "lb", atMost: 1.1 },
  { subject: "lb-guarded", measure: "connection", against: "lb", atMost: 1.1 },
  { subject: "lb-guarded", measure: "idle", against: null, atMost: 24 },
  { subject: "lb-admin", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb-admin", measure: "connection", against: "pipe", atMost: 1.35 },
  { subject: "lb-sockets", measure: "message", against: "pipe", atMost: 1.15 },
  { subject: "lb-sockets", measure: "connection", against: "pipe", atMost: 1.35 },
  { subject: "lb-sockets", measure: "idle", against: null, atMost: 24 },
  { subject: "lb-epoll", measure: "message", against: "haproxy", atMost: 1.05 },
  { subject: "lb-epoll", measure: "connection", against: "haproxy", atMost: 1.05 },
  ...ofEngine("lb-epoll"),
  { subject: "lb-io_uring", measure: "message", against: "haproxy", atMost: 0.95 },
  { subject: "lb-io_uring", measure: "connection", against: "haproxy", atMost: 0.9 },
  ...ofEngine("lb-io_uring"),
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
