import { join } from "node:path";
import { Children } from "#lb/command/children";
import { exitCodes, runCommand } from "#lb/command/command";
import { onSignals } from "#lb/command/signals";
import { describePlan } from "./charts/caption.ts";
import { writeCharts } from "./charts/index.ts";
import { type Run, runOf } from "./charts/run.ts";
import { type Command, listeningAddress } from "./compare/command.ts";
import { BASELINE, type Contender, checkNames, perform, prepare, resultsOf } from "./compare/experiment.ts";
import { findingOf } from "./compare/finding.ts";
import { type CompareArgs, compareOptions, planOf, scenarioOf } from "./compare/options.ts";
import { progressOf } from "./compare/progress.ts";
import { describeScenario } from "./compare/scenario.ts";
import { summaryOf } from "./compare/summary.ts";
import { prepareResults, writeResults } from "./results.ts";

/** Why an experiment was given up: Ctrl-C. */
const interrupted = Symbol("interrupted");

await runCommand({ name: "compare", options: compareOptions, run });

async function run(args: CompareArgs): Promise<number> {
  const plan = planOf(args);
  const scenario = scenarioOf(args);
  const stop = new AbortController();
  using _signals = onSignals({ stop: () => stop.abort(interrupted) });
  try {
    // Before the load: a minute later is too late to say what is wrong, or that the results cannot be kept.
    await checkNames(args.algorithms);
    await prepareResults(join(args.out, `${BASELINE}.json`));
    console.log(`${describeScenario(scenario)}\n${describePlan(plan)}\n`);
    const contenders = await measured(args, stop);
    const runs = contenders.map((contender, index) =>
      runOf(contender.name, resultsOf(contender, plan, scenario), index),
    );
    await keep(runs, args.out);
    return report(runs);
  } catch (error) {
    // A terminal interrupts the children too, and one of them may be told of first.
    if (stop.signal.reason !== interrupted) throw error;
    console.error("compare: interrupted; nothing was written");
    return exitCodes.interrupted;
  }
}

/** Every contender after all its repeats; by then nothing that was started runs any more. */
async function measured(args: CompareArgs, stop: AbortController): Promise<Contender[]> {
  const plan = planOf(args);
  await using children = new Children();
  const start = (command: Command) => listeningAddress(command, children, (failure) => stop.abort(failure));
  const contenders = await prepare(scenarioOf(args), args.algorithms, start);
  using progress = progressOf(contenders, plan);
  await perform(contenders, plan, stop.signal, (contender) => progress.show(contender));
  return contenders;
}

async function keep(runs: readonly Run[], folder: string): Promise<void> {
  for (const { name, results } of runs) {
    const path = join(folder, `${name}.json`);
    await writeResults(path, results);
    console.log(path);
  }
  for (const path of await writeCharts(runs, folder)) console.log(path);
}

/** The table, and what it says of each algorithm beside the first one. */
function report(runs: readonly Run[]): number {
  const [, first, ...others] = runs;
  console.log(`\n${summaryOf(runs)}\n`);
  for (const other of others) {
    for (const sentence of findingOf(first as Run, other)) console.log(sentence);
  }
  return runs.every(({ results }) => results.counts.ok > 0) ? exitCodes.done : exitCodes.failed;
}
