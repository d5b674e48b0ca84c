import { basename, relative } from "node:path";
import yargs, { type Argv } from "yargs";
import { explain, Failure, UsageError } from "./failure.ts";
import { letGoOfClosedTerminal } from "./signals.ts";
import { version } from "./version.ts";

/** Exit codes of every command. 130 is what a shell reports of a process ended by Ctrl-C. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** What a command is: its name, its options with real examples, and its work, which gives the exit code. */
export interface Command<Args> {
  readonly name: string;
  readonly options: (yargs: Argv) => Argv<Args>;
  readonly run: (args: Args) => Promise<number>;
  /** Where all it does is to print: it ends, done, when its output is read no more. */
  readonly justPrints?: true;
}

/**
 * Runs a command as the process's main job: `--help` and `--version`, unknown options refused, every error one line
 * on stderr, and the exit code set. It does not force the exit: what is still open keeps the process alive. Output that is read no
 * more is no error.
 */
export async function runCommand<Args>(command: Command<Args>): Promise<void> {
  surviveOutput(command);
  process.once("exit", letGoOfClosedTerminal);
  process.exitCode = await outcomeOf(command, process.argv.slice(2), console);
}

/** Where lines for people go: results to `log`, mistakes and warnings to `error`. */
export type Output = Pick<Console, "log" | "error">;

/** Does what the words of a command line ask for; its exit code. */
export async function outcomeOf<Args>(
  command: Command<Args>,
  words: readonly string[],
  output: Output,
): Promise<number> {
  try {
    const args = await parse(command, words, output);
    return args === undefined ? exitCodes.done : await command.run(args);
  } catch (error) {
    if (error instanceof UsageError) {
      output.error(`${command.name}: ${error.message} (${invocation()} --help tells more)`);
      return exitCodes.usage;
    }
    // What the project itself says may have a line for each of several mistakes.
    output.error(`${command.name}: ${error instanceof Failure ? error.message : explain(error)}`);
    if (!(error instanceof Failure) && process.env.LB_DEBUG) output.error(error);
    return exitCodes.failed;
  }
}

/** What a pipe says whose other end is closed, as by `head -1`, and a terminal that is. */
const UNREAD: readonly unknown[] = ["EPIPE", "ECONNRESET", "EIO"];

function surviveOutput<Args>({ name, justPrints }: Command<Args>): void {
  let failed = false;
  process.stderr.on("error", () => {});
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (UNREAD.includes(error.code)) {
      if (justPrints) process.exit(exitCodes.done);
    } else if (!failed) {
      failed = true;
      console.error(`${name}: ${explain(error, "the output")}`);
      process.once("exit", () => {
        process.exitCode ||= exitCodes.failed;
      });
    }
  });
}

/** How this command was called, for help and examples that can be copied. */
function invocation(): string {
  const script = process.argv[1] ?? "";
  if (!script.endsWith(".js")) return basename(script);
  const here = relative(process.cwd(), script);
  return `node ${here.startsWith("..") ? script : here}`;
}

/** The arguments; `undefined` when help or the version was asked for, and printed. */
async function parse<Args>(
  command: Command<Args>,
  words: readonly string[],
  output: Output,
): Promise<Args | undefined> {
  let answered = false;
  const parser = command
    .options(yargs().scriptName(invocation()))
    .strict()
    .version(version())
    .help()
    .alias("h", "help")
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      throw error instanceof Failure ? error : new UsageError(message ?? explain(error));
    });
  const args = await parser.parseAsync(words, {}, (_error, _argv, text) => {
    answered = text !== "";
    if (answered) output.log(text);
  });
  if (answered) return undefined;
  refuseValuesOfSwitches(args, words);
  return args as Args;
}

/** yargs takes `--switch=3` for false. */
function refuseValuesOfSwitches(args: Readonly<Record<string, unknown>>, words: readonly string[]): void {
  for (const word of words) {
    const [, name = "", value] = /^--([^=]+)=(?!true$|false$)(.*)$/.exec(word) ?? [];
    if (typeof args[name] === "boolean") throw new UsageError(`--${name} takes no value, got "${value}"`);
  }
}
