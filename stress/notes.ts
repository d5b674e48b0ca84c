import type { Distribution, Plan, Results } from "./results.ts";
import { TOLERATED_LAG_US, toMs } from "./verdict.ts";

interface Evidence {
  readonly plan: Plan;
  readonly completedPerSec: number;
  readonly generator: Results["generator"];
  readonly latency: Distribution;
  /** Null in the closed model, as the next. */
  readonly fromIntended: Distribution | null;
  /** From the moment a request was due to the moment it was started. */
  readonly startedLate: Distribution | null;
}

/** What to know before the numbers of a run are read, in words; none of it makes the run invalid. */
export function notesOn(evidence: Evidence): string[] {
  return [...ownShare(evidence), ...behind(evidence)];
}

function ownShare({ latency, fromIntended, generator }: Evidence): string[] {
  const answeringUs = generator.loopDelayP99Us;
  const startingUs = answeringUs + (generator.scheduleLagP99Us ?? 0);
  return [
    ...within("from sending", latency.p99, answeringUs),
    ...within("from intended", fromIntended?.p99 ?? null, startingUs),
  ];
}

function within(what: string, p99Us: number | null, ownUs: number): string[] {
  if (p99Us === null || p99Us > ownUs) return [];
  return [
    `p99 ${what}, ${toMs(p99Us)}, is within what the generator itself adds (up to ${toMs(ownUs)}, p99): it says little of the target`,
  ];
}

function behind({ plan, completedPerSec, generator, startedLate }: Evidence): string[] {
  const lateUs = startedLate?.p99 ?? startedLate?.max ?? 0;
  if (lateUs - (generator.scheduleLagP99Us ?? 0) <= TOLERATED_LAG_US) return [];
  return [
    `requests waited for a free client, ${toMs(lateUs)} (p99), and the waits are in "from intended" alone: ` +
      `all clients (${plan.clients}) were waiting for answers, of which ${completedPerSec} came a second and not ${plan.ratePerSec}`,
  ];
}
