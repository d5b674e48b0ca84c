import { MOST_REQUESTS, type Recording } from "./recording.ts";
import type { Distribution, Plan, Results } from "./results.ts";

/** How late the event loop may be at its 99th percentile, where the latency's own 99th is no more. */
const TOLERATED_DELAY_US = 50_000;
/** How late requests may start at the 99th percentile where a rate was promised. */
export const TOLERATED_LAG_US = 50_000;
/** The share of a core, there too. */
const TOLERATED_CPU_SHARE = 0.95;
/** Of the requests that were due: a tenth of what must lie beyond the rarest percentile that is given. */
const TOLERATED_MISSING = 1e-4;

interface Evidence {
  readonly plan: Plan;
  readonly recording: Recording;
  readonly counts: Results["counts"];
  /** Of the dropped, those for want of a free client. */
  readonly crowdedOut: number;
  readonly completedPerSec: number;
  readonly generator: Results["generator"];
  readonly latency: Distribution;
  readonly localLimits: number;
}

/** Why the numbers of a run must not be believed, in words; none: they may. The thresholds are in docs/stress.md. */
export function reasonsToDoubt(evidence: Evidence): string[] {
  return [ranShort, crowded, lateLoop, lateSchedule, busyCore, cutShort].flatMap(
    (doubt) => doubt(evidence) ?? [],
  );
}

function ranShort({ localLimits }: Evidence): string | undefined {
  if (localLimits === 0) return undefined;
  return `this machine ran short of ports or open files ${localLimits} times; use fewer clients, or raise ulimit -n`;
}

/** Requests dropped though a client was free are late ones, and missing by chance; these would have been the slowest. */
function crowded({ crowdedOut, counts, plan, completedPerSec }: Evidence): string | undefined {
  const due = counts.started + counts.dropped;
  if (crowdedOut <= Math.max(1, due * TOLERATED_MISSING)) return undefined;
  return (
    `${crowdedOut} of ${due} requests were dropped: all clients (${plan.clients}) were waiting for answers, of which ` +
    `${completedPerSec} came a second and not ${plan.ratePerSec}; the slowest requests are missing from every percentile; ` +
    "use a lower rate, or more clients if the target can answer more at once"
  );
}

function lateLoop({ generator, latency }: Evidence): string | undefined {
  const delayUs = generator.loopDelayP99Us;
  const tailUs = latency.p99 ?? latency.max ?? Infinity;
  if (delayUs <= Math.max(TOLERATED_DELAY_US, tailUs)) return undefined;
  return (
    `the generator's event loop was ${toMs(delayUs)} late (p99), more than the answers took; ` +
    "use fewer clients, or a machine with more free cores"
  );
}

function lateSchedule({ generator }: Evidence): string | undefined {
  const lagUs = generator.scheduleLagP99Us ?? 0;
  if (lagUs <= TOLERATED_LAG_US) return undefined;
  return `requests were started ${toMs(lagUs)} after their moment (p99); use a lower rate, or a machine with more free cores`;
}

function busyCore({ generator, plan }: Evidence): string | undefined {
  // In the closed model the generator's own speed is a part of what is asked for.
  if (plan.model === "closed" || generator.cpuShare <= TOLERATED_CPU_SHARE) return undefined;
  return `the generator used ${Math.round(generator.cpuShare * 100)} % of a core, all it can; use a lower rate`;
}

function cutShort({ recording }: Evidence): string | undefined {
  return recording.full ? `the run ended at ${MOST_REQUESTS} requests, the most it records` : undefined;
}

/** Microseconds as a sentence says them: in milliseconds, with two digits where they are few. */
export function toMs(us: number): string {
  return `${us < 10_000 ? Number((us / 1000).toFixed(2)) : Math.round(us / 1000)} ms`;
}
