#!/usr/bin/env node
import type { Argv } from "yargs";
import { Children } from "#lb/command/children";
import { coerced, wholeNumber } from "#lb/command/coerce";
import { exitCodes, runCommand } from "#lb/command/command";
import { Failure } from "#lb/command/failure";
import { onSignals } from "#lb/command/signals";
import { openFiles } from "#lb/core/open-files";
import { type Bound, bounds, type Verdict, verdicts } from "./bench/bounds.ts";
import { findings } from "./bench/findings.ts";
import { measures } from "./bench/measures.ts";
import { progressOf } from "./bench/progress.ts";
import { writeBenchResults } from "./bench/results.ts";
import { type Cell, type Plan, rounds } from "./bench/rounds.ts";
import { subjects } from "./bench/subjects.ts";
import { tables } from "./bench/tables.ts";
import { environment } from "./environment.ts";
import { filePath, tryFile } from "./output.ts";

const FULL = { rounds: 5, samples: 10 };
const QUICK = { rounds: 2, samples: 4 };
// Two for each of the idle connections, in the proxy.
const OPEN_FILES = 4_200;

function options(yargs: Argv) {
  return yargs
    .usage("$0\n\nWhat a message, a connection, a MiB and an idle connection cost, beside other proxies.")
    .option("rounds", {
      describe: "How often all processes are started afresh; default 5, 2 with --quick",
      coerce: coerced("rounds", wholeNumber(1, 100)),
    })
    .option("quick", {
      type: "boolean",
      default: false,
      describe: "Fewer rounds and samples: under four minutes",
    })
    .option("subjects", {
      default: usual(subjects),
      describe: "Which rows",
      coerce: coerced("subjects", someOf(subjects)),
    })
    .option("measures", {
      default: usual(measures),
      describe: "Which columns",
      coerce: coerced("measures", someOf(measures)),
    })
    .option("out", {
      default: "data/bench.json",
      requiresArg: true,
      describe: "Where the numbers are kept",
      coerce: coerced("out", filePath),
    })
    .option("check", { type: "boolean", default: false, describe: "Exit 1 if a bound is missed" })
    .example("$0", "everything, in about ten minutes")
    .example("$0 --quick --check", "are the bounds held?")
    .example("$0 --subjects pipe,lb --measures message --rounds 20", "one number, well known");
}

interface Args {
  readonly rounds: number | undefined;
  readonly quick: boolean;
  readonly subjects: Plan["subjects"];
  readonly measures: Plan["measures"];
  readonly out: string;
  readonly check: boolean;
}

async function bench(args: Args): Promise<number> {
  refuseUnlessPossible();
  // Before the load: minutes later is too late to say that the numbers cannot be kept.
  await tryFile(args.out);
  const plan = planOf(args);
  const startedAt = new Date();
  const cells = await measured(plan);
  if (cells === undefined) return exitCodes.interrupted;

  const found = findings(cells);
  const verdict = verdicts(found);
  console.log(tables(plan, found, verdict));
  await writeBenchResults(args.out, {
    schema: "lb-bench/1",
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    rounds: plan.rounds,
    samples: plan.samples,
    environment: environment(),
    measures: plan.measures.map(({ name, unit, per, about }) => ({ name, unit, per, about })),
    subjects: plan.subjects.map(({ name, about }) => ({
      name,
      about,
      absent: plan.absent.get(name) ?? null,
    })),
    findings: found,
    bounds: verdict,
  });
  return args.check ? checked(verdict, plan) : exitCodes.done;
}

function refuseUnlessPossible(): void {
  if (process.platform !== "linux") throw new Failure("needs Linux: CPU time and memory are read from /proc");
  const limit = openFiles();
  if (limit < OPEN_FILES)
    throw new Failure(`needs ${OPEN_FILES} open files, ${limit} are allowed; ulimit -n`);
}

function planOf({ quick, rounds, subjects, measures }: Args): Plan {
  const standard = quick ? QUICK : FULL;
  const absent = new Map(
    subjects.flatMap(({ name, absent }) => {
      const reason = absent();
      return reason === undefined ? [] : [[name, reason] as const];
    }),
  );
  return { subjects, measures, absent, rounds: rounds ?? standard.rounds, samples: standard.samples };
}

/** Every cell; undefined when it was interrupted. Nothing it started is left in either case. */
async function measured(plan: Plan): Promise<Cell[] | undefined> {
  // At once: there is nothing in them to lose.
  await using children = new Children(0);
  using progress = progressOf(plan);
  let interrupted = false;
  const interrupt = () => {
    interrupted = true;
    void children.end();
  };
  using _signals = onSignals({ stop: interrupt });
  const cells: Cell[] = [];
  try {
    for await (const cell of rounds(plan, children)) {
      cells.push(cell);
      progress.show(cell);
    }
  } catch (error) {
    if (!interrupted) throw error;
  }
  return interrupted ? undefined : cells;
}

/** A bound on a row, or against one, that this machine cannot have is no bound here. */
function checked(verdicts: readonly Verdict[], { absent }: Plan): number {
  const here = bounds.filter(
    ({ subject, against, extra }) => !extra && !absent.has(subject) && !absent.has(against ?? ""),
  );
  const measured = ({ subject, measure, against }: Bound) =>
    verdicts.some((each) => each.subject === subject && each.measure === measure && each.against === against);
  const left = here.filter((bound) => !measured(bound));
  if (left.length > 0) {
    const names = left.map(({ subject, measure }) => `${subject} ${measure}`).join(", ");
    throw new Failure(`not every bound was measured; --check needs these, too: ${names}`);
  }
  return verdicts.every(({ held }) => held) ? exitCodes.done : exitCodes.failed;
}

interface Named {
  readonly name: string;
  /** Only where it is named. */
  readonly extra?: true;
}

const nameOf = ({ name }: Named) => name;

const isUsual = ({ extra }: { readonly extra?: true }) => !extra;

const usual = (table: readonly Named[]) => table.filter(isUsual).map(nameOf).join();

/** Reads names from a table, separated by commas, as its entries in the table's order. */
function someOf<T extends Named>(table: readonly T[]): (text: string) => T[] {
  return (text) => {
    const wanted = text.split(",");
    const unknown = wanted.find((name) => !table.some((entry) => entry.name === name));
    if (unknown !== undefined) {
      throw new RangeError(`expected names out of ${table.map(nameOf).join()}, got "${unknown}"`);
    }
    return table.filter(({ name }) => wanted.includes(name));
  };
}

await runCommand({ name: "bench", options, run: bench });
