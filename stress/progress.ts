import { distributionOf } from "./distribution.ts";
import { type LiveLine, liveLine } from "./live-line.ts";
import type { Recording } from "./recording.ts";
import type { Plan } from "./results.ts";

/** The live line speaks of this many of the last requests. */
const RECENT = 5_000;
const STEPS = 1_000;
const FORMAT =
  "{name} [{bar}] {percentage}%  {ok} ok, {failed} failed, {perSec}/s  p50 {p50} p99 {p99}  ETA {eta_formatted}";

/** The live line of an experiment, drawn from how many milliseconds the present repeat has taken. */
export function progressOf(name: string, plan: Plan, recording: Recording): LiveLine<number> {
  return liveLine(FORMAT, (bar) => {
    bar.start(STEPS, 0, { name, ...recentOf(recording, 0) });
    return (elapsedMs) =>
      bar.update(Math.floor(share(plan, recording, elapsedMs) * STEPS), recentOf(recording, elapsedMs));
  });
}

/** How much of the whole plan is done, 0 to 1, by requests or by time, whichever is further. */
function share(
  { clients, requestsPerClient, durationMs, repeats }: Plan,
  recording: Recording,
  elapsedMs: number,
) {
  const requests = clients * (requestsPerClient ?? Infinity) * repeats;
  const present = Math.min(1, Math.max(0, elapsedMs / (durationMs ?? Infinity)));
  const byTime = (recording.runs.length + present) / repeats;
  return Math.min(
    1,
    Math.max((recording.ok + recording.failed) / requests, durationMs === null ? 0 : byTime),
  );
}

function recentOf({ length, startUs, latencyUs, run, runs, ok, failed }: Recording, elapsedMs: number) {
  let from = Math.max(0, length - RECENT);
  while (from < length && run[from] !== runs.length) from++;
  const latencies = latencyUs.subarray(from, length).filter((us) => us >= 0);
  const { p50, p99 } = distributionOf(latencies);
  const overMs = elapsedMs - (startUs[from] as number) / 1000;
  const perSec = latencies.length === 0 ? 0 : Math.round((latencies.length / Math.max(1, overMs)) * 1000);
  return { ok, failed, perSec, p50: milliseconds(p50), p99: milliseconds(p99) };
}

function milliseconds(us: number | null): string {
  return us === null ? "-" : `${(us / 1000).toFixed(2)} ms`;
}
