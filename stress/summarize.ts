import { distributionOf } from "./distribution.ts";
import { environment } from "./environment.ts";
import { notesOn } from "./notes.ts";
import type { Recording, Run } from "./recording.ts";
import type { Distribution, Plan, Results, Samples } from "./results.ts";
import { timelineOf } from "./timeline.ts";
import { reasonsToDoubt } from "./verdict.ts";

/** What was attacked, how, and what came of it; `target` as the user wrote it. */
export interface Experiment {
  readonly name: string;
  /** What answered, in a sentence. */
  readonly scenario?: string;
  readonly target: string;
  readonly plan: Plan;
  readonly recording: Recording;
}

/** The results of all repeats recorded so far, as one. */
export function summarize({ name, scenario, target, plan, recording }: Experiment): Results {
  const { runs } = recording;
  const durationMs = sum(runs, (run) => run.durationMs);
  const counts = countsOf(plan, recording);
  const generator = generatorOf(runs);
  const latency = distributionOf(answered(recording, recording.latencyUs));
  const errors = errorsOf(recording);
  const localLimits = errors["local-limit"] ?? 0;
  const completedPerSec = durationMs === 0 ? 0 : rounded((recording.ok / durationMs) * 1000);
  const intended = fromIntended(plan, recording);
  const evidence = { plan, completedPerSec, generator, latency };
  const crowdedOut = sum(runs, (run) => run.crowdedOut);
  const invalidReasons = reasonsToDoubt({ ...evidence, recording, counts, crowdedOut, localLimits });
  const aborted = runs.some((run) => run.aborted);
  return {
    schema: "lb-stress/1",
    name,
    ...(scenario !== undefined && { scenario }),
    status: aborted ? "aborted" : invalidReasons.length > 0 ? "invalid" : "valid",
    invalidReasons,
    notes: notesOn({ ...evidence, fromIntended: intended, startedLate: startedLate(plan, recording) }),
    startedAt: (runs[0]?.startedAt ?? new Date()).toISOString(),
    durationMs: rounded(durationMs),
    plan,
    target,
    environment: environment(),
    counts,
    latencyUs: { fromSend: latency, fromIntended: intended },
    connectUs: distributionOf(recording.connectUs.subarray(0, recording.length).filter((us) => us >= 0)),
    ratePerSec: { offered: plan.ratePerSec, completed: completedPerSec },
    perServer: perServerOf(recording),
    errors,
    timeline: timelineOf(recording),
    generator,
    samples: samplesOf(plan, recording),
  };
}

function countsOf({ clients, requestsPerClient, repeats }: Plan, recording: Recording): Results["counts"] {
  return {
    planned: requestsPerClient === null ? null : clients * requestsPerClient * repeats,
    started: recording.length,
    ok: recording.ok,
    failed: recording.failed,
    dropped: sum(recording.runs, (run) => run.dropped),
    warmup: sum(recording.runs, (run) => run.warmup),
  };
}

/** The worst repeat speaks for the generator; CPU is the mean. */
function generatorOf(runs: readonly Run[]): Results["generator"] {
  const lags = runs.flatMap((run) => run.scheduleLagP99Us ?? []);
  return {
    loopDelayP99Us: Math.max(0, ...runs.map((run) => run.loopDelayP99Us)),
    scheduleLagP99Us: lags.length === 0 ? null : Math.max(...lags),
    cpuShare: Math.round((sum(runs, (run) => run.cpuShare) / Math.max(1, runs.length)) * 1000) / 1000,
  };
}

function fromIntended({ model }: Plan, recording: Recording): Distribution | null {
  if (model === "closed") return null;
  const { startUs, intendedUs, connectUs, latencyUs } = recording;
  const whole = latencyUs.subarray(0, recording.length).map((latency, i) => {
    if (latency < 0) return latency;
    const waited = (startUs[i] as number) - (intendedUs[i] as number);
    return waited + Math.max(0, connectUs[i] as number) + latency;
  });
  return distributionOf(answered(recording, whole));
}

function startedLate({ model }: Plan, { startUs, intendedUs, length }: Recording): Distribution | null {
  if (model === "closed") return null;
  return distributionOf(startUs.subarray(0, length).map((us, i) => us - (intendedUs[i] as number)));
}

function* answered({ length, latencyUs }: Recording, values: ArrayLike<number>): Generator<number> {
  for (let i = 0; i < length; i++) if ((latencyUs[i] as number) >= 0) yield values[i] as number;
}

function perServerOf({ servers, server, latencyUs, length, ok }: Recording): Results["perServer"] {
  const latencies = servers.map((): number[] => []);
  for (let i = 0; i < length; i++) latencies[server[i] as number]?.push(latencyUs[i] as number);
  return servers
    .map((name, index) => {
      const { n, p50, p99 } = distributionOf(latencies[index] as number[]);
      return { server: name, requests: n, share: Math.round((n / ok) * 1e4) / 1e4, p50, p99 };
    })
    .sort((a, b) => a.server.localeCompare(b.server, "en", { numeric: true }));
}

function errorsOf({ errorWords, error, length }: Recording): Results["errors"] {
  const counts = errorWords.map(() => 0);
  for (let i = 0; i < length; i++) {
    const index = error[i] as number;
    if (index >= 0) counts[index] = (counts[index] as number) + 1;
  }
  return Object.fromEntries(errorWords.map((word, index) => [word, counts[index] as number]));
}

function samplesOf({ model }: Plan, recording: Recording): Samples {
  const listed = (column: ArrayLike<number> & { subarray(from: number, to: number): Iterable<number> }) =>
    Array.from(column.subarray(0, recording.length));
  return {
    startUs: listed(recording.startUs),
    ...(model === "open" && { intendedUs: listed(recording.intendedUs) }),
    latencyUs: listed(recording.latencyUs),
    connectUs: listed(recording.connectUs),
    server: listed(recording.server),
    error: listed(recording.error),
    run: listed(recording.run),
    servers: [...recording.servers],
    errorWords: [...recording.errorWords],
  };
}

function sum<T>(list: readonly T[], value: (entry: T) => number): number {
  return list.reduce((total, entry) => total + value(entry), 0);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
