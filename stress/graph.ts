import { resolve } from "node:path";
import type { Argv } from "yargs";
import { coerced } from "#lb/command/coerce";
import { exitCodes, runCommand } from "#lb/command/command";
import { UsageError } from "#lb/command/failure";
import { missingGlyphs } from "./charts/glyphs.ts";
import { chartFiles, writeCharts } from "./charts/index.ts";
import { labelsOf } from "./charts/labels.ts";
import { type Run, runOf } from "./charts/run.ts";
import { folderPath } from "./output.ts";
import { readResults } from "./results.ts";

interface Args {
  readonly files: readonly string[];
  readonly out: string;
}

const DEFAULT_FILES = ["data/Baseline.json", "data/RoundRobin.json", "data/LeastConnections.json"];

function options(yargs: Argv): Argv<Args> {
  return yargs
    .command("$0 [files..]", "Draws result files of the stress tester as charts", (command) =>
      command.positional("files", {
        describe: "Result files; a run is labelled by its file's name",
        type: "string",
        array: true,
        default: DEFAULT_FILES,
      }),
    )
    .option("out", {
      describe: "Folder for the pictures",
      type: "string",
      default: "data/",
      requiresArg: true,
      coerce: coerced("out", folderPath),
    })
    .epilogue(`Draws ${chartFiles.join(", ")}: docs/charts.md says how to read them.`)
    .example([
      ["node dist/stress/graph.js", "The three runs of npm run demo, into data/"],
      ["node dist/stress/graph.js runs/RoundRobin.json --out runs/", "One run alone, elsewhere"],
      [
        "node dist/stress/graph.js before.json after.json --out charts/",
        "Two runs of your own against each other",
      ],
    ]) as unknown as Argv<Args>;
}

async function run({ files, out }: Args): Promise<number> {
  const twice = files.find(
    (file, index) => files.findIndex((other) => resolve(other) === resolve(file)) !== index,
  );
  if (twice !== undefined) throw new UsageError(`expected different files, got ${twice} twice`);
  const results = await Promise.all(files.map(readResults));
  const names = labelsOf(files);
  const runs = results.map((result, index) => runOf(names[index] as string, result, index));
  for (const path of await writeCharts(runs, out)) console.log(path);
  for (const [index, run] of runs.entries()) {
    for (const warning of warnings(run)) console.error(`graph: ${files[index]} ${warning}`);
  }
  return exitCodes.done;
}

function warnings(run: Run): string[] {
  const missing = missingGlyphs(run);
  return [
    ...(run.answers.length > 0
      ? []
      : ["has no answered request: the pictures show its name, and no line or bar"]),
    ...(missing === undefined
      ? []
      : [`has characters that no font here has: ${missing}; the pictures show boxes`]),
  ];
}

await runCommand({ name: "graph", options, run });
