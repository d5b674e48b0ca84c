import { join } from "node:path";
import { exitCodes, runCommand } from "#lb/command/command";
import { onSignals } from "#lb/command/signals";
import { openFiles } from "#lb/core/open-files";
import { attack } from "./attack.ts";
import { type StressArgs, stressOptions } from "./options.ts";
import { planOf } from "./plan.ts";
import { progressOf } from "./progress.ts";
import { Recording } from "./recording.ts";
import { reportOf } from "./report.ts";
import { prepareResults, writeResults } from "./results.ts";
import { type Experiment, summarize } from "./summarize.ts";
import { resolveTarget } from "./target.ts";

await runCommand({ name: "stress", options: stressOptions, run });

async function run(args: StressArgs): Promise<number> {
  const plan = planOf(args, openFiles());
  const name = args.name ?? "response_times";
  const path = args.out ?? join("data", `${name}.json`);
  const endpoint = await resolveTarget(args.to.endpoint);
  // Before the load: ten minutes later is too late to say that the results cannot be kept.
  await prepareResults(path);
  const stop = new AbortController();
  using _signals = onSignals({ stop: () => stop.abort() });
  const experiment = { name, target: args.to.text, plan, recording: new Recording() };
  await perform(experiment, (watch) =>
    attack(endpoint, plan, experiment.recording, { signal: stop.signal, watch }),
  );
  const results = summarize(experiment);
  await writeResults(path, results);
  console.log(reportOf(results, path));
  if (results.status === "aborted") return exitCodes.interrupted;
  return results.counts.ok > 0 ? exitCodes.done : exitCodes.failed;
}

/** All repeats, under a live line, until one is ended early. */
async function perform(
  { name, plan, recording }: Experiment,
  once: (watch: (elapsedMs: number) => void) => Promise<void>,
): Promise<void> {
  using progress = progressOf(name, plan, recording);
  while (recording.runs.length < plan.repeats && !recording.runs.at(-1)?.aborted) {
    await once((elapsedMs) => progress.show(elapsedMs));
  }
}
