import type { NetConnectOpts } from "node:net";
import type { Endpoint } from "#lb/core/address";
import { type AttackOptions, AttackRun } from "./attack-run.ts";
import { quantile } from "./quantile.ts";
import type { Recording } from "./recording.ts";
import type { Plan } from "./results.ts";
import { Timekeeper } from "./timekeeper.ts";

/**
 * Makes one repeat of `plan` against `target` (an address, not a name) and adds it to `recording`. It never rejects for
 * what the target does: every request ends within about twice the plan's timeout, as an answer or a counted error.
 */
export async function attack(
  target: Endpoint,
  plan: Plan,
  recording: Recording,
  options: AttackOptions = {},
): Promise<void> {
  using timekeeper = await Timekeeper.start();
  const cpuShare = watchCpu();
  const startedAt = new Date(Date.now() + plan.warmupMs);
  const seeded = { ...plan, seed: plan.seed + recording.runs.length };
  const run = new AttackRun(dialOptions(target), seeded, recording, timekeeper);
  const outcome = await run.toItsEnd(options);
  const latenessUs = Float64Array.from(timekeeper.latenessUs.values).sort();
  recording.runs.push({
    startedAt,
    ...outcome,
    loopDelayP99Us: quantile(latenessUs, 0.99) || 0,
    cpuShare: cpuShare(),
  });
}

function dialOptions(target: Endpoint): NetConnectOpts {
  return target.kind === "unix"
    ? { path: target.path }
    : { host: target.host, port: target.port, noDelay: true };
}

/** The function returned gives the CPU time since, of all threads of this process, as a share of one core. */
function watchCpu(): () => number {
  const startedMs = performance.now();
  const began = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000 / (performance.now() - startedMs);
  };
}
