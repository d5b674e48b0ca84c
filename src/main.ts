import { resolve } from "node:path";
import type { Argv } from "yargs";
import { coerced, oneOf } from "./command/coerce.ts";
import { exitCodes, runCommand } from "./command/command.ts";
import { explain, UsageError } from "./command/failure.ts";
import { onSignals, terminalClosed } from "./command/signals.ts";
import { version } from "./command/version.ts";
import { STDIN, sourceOf } from "./config/file.ts";
import { type Flags, flagDefaults } from "./config/flags.ts";
import { loadConfig } from "./config/load.ts";
import { ConfigReader } from "./config/reader.ts";
import { warnings } from "./config/warnings.ts";
import { algorithmNames } from "./contract/algorithm.ts";
import type { Control } from "./control/control.ts";
import { ConfigWatch, type WatchEvents } from "./control/watch.ts";
import { systemClock } from "./core/clock.ts";
import { Deferred } from "./core/deferred.ts";
import { formatDuration } from "./core/duration.ts";
import { type LogLevel, logLevels } from "./core/log-settings.ts";
import { type Log, openLog } from "./observe/log.ts";
import { addOperations, isOperation, type OperateArgs } from "./operate/commands.ts";
import { Running } from "./running.ts";

interface Args {
  /** The command's own words: `check`, or none. */
  readonly _: readonly (string | number)[];
  readonly algorithm: string | undefined;
  readonly config: string | undefined;
  readonly watch: boolean;
  readonly listen: string | undefined;
  readonly backend: readonly string[] | undefined;
  readonly logLevel: LogLevel | undefined;
}

await runCommand<Args>({
  name: "lb",
  options,
  run: work,
});

async function work(args: Args): Promise<number> {
  const [word] = args._;
  if (isOperation(word))
    return (await import("./operate/operate.ts")).operate(word, args as unknown as OperateArgs);
  return word === "check" ? check(args) : run(args);
}

function options(yargs: Argv): Argv<Args> {
  return addOperations(yargs, ["config", "listen", "backend", "log-level"])
    .usage("$0 [algorithm]", "Spreads TCP connections over backends.", (command) =>
      command
        .positional("algorithm", { describe: algorithmNames.join(", "), type: "string" })
        .option("watch", {
          describe: "apply changes of the file as they are saved; SIGHUP does it once",
          type: "boolean",
          default: false,
        }),
    )
    .command(
      "check",
      "Prints the effective configuration, or every mistake, and listens on nothing.",
      // A word that is too much is answered by `check` itself, which knows what was meant.
      (command) => command.strict(false).strictOptions(),
    )
    .option("config", {
      describe: "a configuration file, YAML or JSON; - reads standard input",
      requiresArg: true,
      type: "string",
      coerce: coerced("config", String),
    })
    .option("listen", {
      describe: "where clients connect; port 0 picks a free one",
      requiresArg: true,
      type: "string",
      defaultDescription: flagDefaults.listen,
      coerce: coerced("listen", String),
    })
    .option("backend", {
      describe: "a server, host:port[#weight], the weight from 0 (gets nothing) to 256; repeat it for each",
      requiresArg: true,
      defaultDescription: flagDefaults.backends.join(", "),
      coerce: (given: unknown) => [given].flat().map(String),
    })
    .option("log-level", {
      describe: `${logLevels.join(", ")}; session records are info`,
      requiresArg: true,
      defaultDescription: "info",
      coerce: coerced("log-level", oneOf(logLevels)),
    })
    .example("$0 round-robin", "127.0.0.1:8080, to the ports 9001, 9002 and 9003")
    .example("$0 --config lb.yaml", "everything from a file; check --config lb.yaml tests it first")
    .example(
      "$0 p2c --listen 0.0.0.0:80 --backend 10.0.0.1:80 --backend 10.0.0.2:80#3",
      "one has thrice the share",
    ) as unknown as Argv<Args>;
}

async function check(args: Args): Promise<number> {
  using _signals = onSignals({ stop: () => process.exit(exitCodes.interrupted) });
  const [, word] = args._;
  if (word !== undefined) throw new UsageError(`expected --config before the file to check, got "${word}"`);
  if (args.config === undefined) throw new UsageError("expected --config with a file to check");
  const [config, { effective }] = await Promise.all([
    loadConfig(flagsOf(args)),
    import("./config/effective.ts"),
  ]);
  for (const warning of warnings(config)) console.error(`lb: warning: ${warning}`);
  process.stdout.write(effective(config));
  return exitCodes.done;
}

async function run(args: Args): Promise<number> {
  if (args.watch && fileOf(args) === undefined) throw new UsageError("--watch needs --config with a file");
  const begun = new Deferred<Begun>();
  // Before it is read for the first time: a change after that is one to tell.
  await followFile(args, begun.promise);
  const reader = new ConfigReader(flagsOf(args));
  const config = await reader.first();
  const log = openLog(config.log);
  dieLoudly(log);
  const running = await Running.of(config, {
    log,
    load: (before) => reader.again(before),
    hasFile: fileOf(args) !== undefined,
  });
  // Before it listens: what waits for that may send a signal.
  const over = stopped(running, log, () => reloads(args, log, begun.promise));
  await Promise.race([started(running, args, log), over]);
  const { control } = running;
  if (!control.stopping) begun.resolve({ control, log });
  const cut = await over;
  if (cut > 0) log.logger.info({ sessions: cut }, "sessions cut");
  log.logger.info("stopped");
  await log.close();
  // Whatever a second signal did not wait for must not keep the process.
  process.exit(exitCodes.done);
}

/** The balancer once it has started. */
interface Begun {
  readonly control: Control;
  readonly log: Log;
}

/** Rejects with what prevents it. */
async function started(running: Running, { config }: Args, log: Log): Promise<void> {
  await running.start();
  if (running.control.stopping) return;
  const origin = config === undefined ? "flags" : config === STDIN ? sourceOf(config) : resolve(config);
  log.logger.info({ version: version(), pid: process.pid, config: origin }, "started");
}

/** Whether SIGHUP asks for the file again, which it does once the balancer has begun; else it comes from a terminal that closed. */
function reloads(args: Args, log: Log, begun: Promise<Begun>): boolean {
  if (fileOf(args) !== undefined) void begun.then(({ control }) => control.reload());
  else if (terminalClosed()) return false;
  else log.logger.warn("SIGHUP: there is no configuration file to read again");
  return true;
}

/** A change of the file is a reason to read it again, where that is wished, once the balancer has begun. */
async function followFile(args: Args, begun: Promise<Begun>): Promise<void> {
  const file = fileOf(args);
  if (file === undefined || !args.watch) return;
  const events: WatchEvents = {
    changed: () => void begun.then(({ control }) => control.reload()),
    failed: (error) =>
      void begun.then(({ log }) => log.logger.warn({ reason: explain(error) }, "the file is not watched")),
  };
  await ConfigWatch.start(file, events, systemClock);
}

/** What can be read again. */
function fileOf({ config }: Args): string | undefined {
  return config === STDIN ? undefined : config;
}

function flagsOf({ config, algorithm, listen, backend, logLevel }: Args): Flags {
  return { config, algorithm, listen, backends: backend, logLevel };
}

/**
 * Resolves when a signal came and the sessions have ended, within the grace, with how many had to be cut; a second signal
 * ends them at once.
 */
function stopped(running: Running, log: Log, hangup: () => boolean): Promise<number> {
  const { control } = running;
  return new Promise((resolve, reject) => {
    onSignals({
      stop(count, signal) {
        if (count === 1) void announceStop(control, log, signal);
        running.close(count === 1 ? control.graceMs : 0).then(resolve, reject);
      },
      hangup,
      none: (signal) => log.logger.warn({ signal }, "a signal that means nothing here"),
    });
  });
}

async function announceStop(control: Control, log: Log, signal: string): Promise<void> {
  const sessions = await control.sessions().catch(() => 0);
  const hint = sessions > 0 ? { hint: "a second signal ends them at once" } : {};
  log.logger.info({ signal, sessions, grace: formatDuration(control.graceMs), ...hint }, "stopping");
}

/** A defect outside of any session ends the process, with a line that says what it was; on stderr where the log is silent. */
function dieLoudly(log: Log): void {
  const last = "the balancer ends because of a defect";
  process.on("uncaughtException", (error) => {
    if (log.logger.isLevelEnabled("fatal")) log.logger.fatal({ err: error }, last);
    else console.error(`lb: ${last}:`, error);
    void log.close().then(() => process.exit(exitCodes.failed));
  });
}
