import { resolve } from "node:path";
import { exitCodes } from "./command/command.ts";
import { explain, UsageError } from "./command/failure.ts";
import { onSignals, terminalClosed } from "./command/signals.ts";
import { version } from "./command/version.ts";
import { STDIN, sourceOf } from "./config/file.ts";
import { ConfigReader } from "./config/reader.ts";
import type { Control } from "./control/control.ts";
import { ConfigWatch, type WatchEvents } from "./control/watch.ts";
import { systemClock } from "./core/clock.ts";
import { Deferred } from "./core/deferred.ts";
import { formatDuration } from "./core/duration.ts";
import { type Log, openLog } from "./observe/log.ts";
import { type Args, flagsOf } from "./options.ts";
import type { PlaneThread } from "./plane/start.ts";
import { Running } from "./running.ts";

/** Runs a balancer until it is told to stop, and ends the process. `thread`: one that was started for its data plane. */
export async function run(args: Args, thread: PlaneThread | undefined): Promise<number> {
  if (args.watch && fileOf(args) === undefined) throw new UsageError("--watch needs --config with a file");
  const begun = new Deferred<Begun>();
  // Before it is read for the first time: a change after that is one to tell.
  await followFile(args, begun.promise);
  const reader = new ConfigReader(flagsOf(args));
  const config = await reader.first();
  const log = openLog(config.log);
  const died = dieLoudly(log);
  const running = await Running.of(config, {
    log,
    load: (before) => reader.again(before),
    hasFile: fileOf(args) !== undefined,
    thread,
    died,
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
  // What a second signal did not wait for must not keep the process.
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
  log.logger.info({ version: version(), pid: process.pid, ...running.movers, config: origin }, "started");
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

/**
 * A defect outside of any session ends the process, with a line that says what it was; on stderr where the log is silent. Those of
 * the data plane's thread come by the function that is given back.
 */
function dieLoudly(log: Log): (error: Error) => void {
  const last = "the balancer ends because of a defect";
  const died = (error: Error) => {
    if (log.logger.isLevelEnabled("fatal")) log.logger.fatal({ err: error }, last);
    else console.error(`lb: ${last}:`, error);
    void log.close().then(() => process.exit(exitCodes.failed));
  };
  process.on("uncaughtException", died);
  return died;
}
