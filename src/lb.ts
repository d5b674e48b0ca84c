#!/usr/bin/env node
import type { Argv } from "yargs";
import { algorithmNames } from "./algorithms/index.ts";
import { coerced, oneOf } from "./command/coerce.ts";
import { exitCodes, runCommand } from "./command/command.ts";
import { explain, Failure, UsageError } from "./command/failure.ts";
import { onStopSignals } from "./command/signals.ts";
import { type Config, defaults } from "./config/config.ts";
import { configFromFlags } from "./config/from-flags.ts";
import { snapshotOf } from "./config/resolve.ts";
import { formatEndpoint } from "./core/address.ts";
import { systemClock } from "./core/clock.ts";
import { systemDice } from "./core/dice.ts";
import { formatDuration } from "./core/duration.ts";
import { type LogLevel, logLevels } from "./core/log-settings.ts";
import { type Log, openLog } from "./observe/log.ts";
import { LocalPlane } from "./plane/local.ts";
import type { Plane, Snapshot } from "./plane/plane.ts";
import { SocketTransport } from "./transport/sockets/index.ts";

interface Args {
  readonly algorithm: string | undefined;
  readonly listen: string;
  readonly backend: readonly string[];
  readonly logLevel: LogLevel;
}

await runCommand<Args>({ name: "lb", options, run });

function options(yargs: Argv): Argv<Args> {
  return yargs
    .usage("$0 [algorithm]", "Spreads TCP connections over backends.", (command) =>
      command.positional("algorithm", { describe: algorithmNames.join(", "), type: "string" }),
    )
    .option("listen", {
      describe: "where clients connect; port 0 picks a free one",
      type: "string",
      default: defaults.listen,
      coerce: coerced("listen", String),
    })
    .option("backend", {
      describe: "a server, host:port[#weight]; repeat it for each",
      default: [...defaults.backends],
      coerce: (given: unknown) => [given].flat().map(String),
    })
    .option("log-level", {
      describe: "session records are info",
      default: defaults.log.level,
      coerce: coerced("log-level", oneOf(logLevels)),
    })
    .example("$0 round-robin", "127.0.0.1:8080, to the ports 9001, 9002 and 9003")
    .example(
      "$0 p2c --listen 0.0.0.0:80 --backend 10.0.0.1:80 --backend 10.0.0.2:80#3",
      "one has thrice the share",
    )
    .example(
      "$0 maglev --listen [::1]:5000 --log-level warn",
      "IPv6, and no line per session",
    ) as unknown as Argv<Args>;
}

async function run(args: Args): Promise<number> {
  const config = configured(args);
  const snapshot = await resolved(config);
  const log = openLog(config.log);
  dieLoudly(log);
  const plane = new LocalPlane({
    transport: new SocketTransport(systemClock),
    clock: systemClock,
    dice: systemDice,
  });
  plane.onReports = (batch) => log.report(batch);
  // Before anybody can know that it listens: whoever does may send a signal.
  const over = stopped(plane, config.shutdown.graceMs, log);
  await start(plane, snapshot, log);
  await over;
  await log.close();
  // Whatever a second signal did not wait for must not keep the process.
  process.exit(exitCodes.done);
}

function configured(args: Args): Config {
  if (args.algorithm === undefined)
    throw new UsageError(`expected an algorithm: ${algorithmNames.join(", ")}`);
  try {
    const algorithm = oneOf(algorithmNames)(args.algorithm);
    return configFromFlags({
      algorithm,
      listen: args.listen,
      backends: args.backend,
      logLevel: args.logLevel,
    });
  } catch (error) {
    throw new UsageError(explain(error));
  }
}

async function resolved(config: Config): Promise<Snapshot> {
  try {
    return await snapshotOf(config);
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw new Failure(explain(error, (error as { hostname?: string }).hostname));
  }
}

async function start(plane: Plane, snapshot: Snapshot, log: Log): Promise<void> {
  try {
    const { listeners } = await plane.apply(snapshot);
    for (const { name, endpoint } of listeners) {
      log.logger.info({ listener: name, address: formatEndpoint(endpoint) }, "listening");
    }
  } catch (error) {
    throw new Failure(
      explain(error, snapshot.listeners.map(({ endpoint }) => formatEndpoint(endpoint)).join(", ")),
    );
  }
}

/** Resolves when a signal came and the sessions have ended, within the grace; a second signal ends them at once. */
function stopped(plane: Plane, graceMs: number, log: Log): Promise<void> {
  return new Promise((resolve) => {
    onStopSignals((count, signal) => {
      if (count === 1) log.logger.info({ signal, grace: formatDuration(graceMs) }, "stopping");
      void plane.close({ graceMs: count === 1 ? graceMs : 0 }).then(resolve);
    });
  });
}

/** A defect outside of any session ends the process, with a line that says what it was. */
function dieLoudly(log: Log): void {
  process.on("uncaughtException", (error) => {
    log.logger.fatal({ err: error }, "the balancer ends because of a defect");
    void log.close().then(() => process.exit(exitCodes.failed));
  });
}
