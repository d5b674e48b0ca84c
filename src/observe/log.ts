import { createRequire } from "node:module";
import type { Writable } from "node:stream";
import { type Logger, pino } from "pino";
import { explain } from "../command/failure.ts";
import type { Report, StateChange } from "../contract/report.ts";
import { systemClock } from "../core/clock.ts";
import { readableDuration } from "../core/duration.ts";
import { type LogLevel, type LogSettings, logLevels } from "../core/log-settings.ts";
import type { Plane } from "../plane/plane.ts";
import { BoundedLog } from "./bounded-log.ts";
import { Descriptor } from "./descriptor.ts";
import { explainOwnFault } from "./own-faults.ts";
import { PlaneReader } from "./plane-reader.ts";

/** The balancer's log, on stdout. */
export interface Log {
  readonly logger: Logger;
  /** For what operators changed: lines of level info that only `silent` turns off. */
  readonly audit: Pick<Logger, "info">;
  /** Writes from now on as these say. */
  configure(settings: LogSettings): void;
  /** Writes from now on what a plane reports, session records where the settings show them. */
  follow(plane: Plane): void;
  /** Lines that were dropped so far, because their reader did not take them. */
  readonly dropped: number;
  /** Resolves when everything was written, or after 1 s. */
  close(): Promise<void>;
}

/** Opens the log, written as the settings say; traffic never waits for its reader, and the caller closes it. */
export function openLog(settings: LogSettings): Log {
  const destination = new BoundedLog(stdout(), systemClock);
  let printed = printerOf(settings);
  const logger = pino(
    {
      level: settings.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => destination.write(printed(line)) },
  );
  const audit = logger.child({}, { level: auditLevel(settings) });
  destination.onBack = (dropped) => logger.warn({ dropped }, "log lines dropped");
  destination.onGone = () => sayOnStderr("the log has no reader any more: nothing more is logged");
  destination.onFull = (error) =>
    sayOnStderr(`${explain(error, "the log")}; lines are dropped until it can be`);
  const writeAll = (batch: readonly Report[]) => {
    for (const report of batch) write(logger, lineOf(report));
  };
  const reader = new PlaneReader(
    (batch) => destination.together(() => writeAll(batch)),
    showsRecords(settings),
  );
  return {
    logger,
    audit,
    configure: (next) => {
      logger.level = next.level;
      audit.level = auditLevel(next);
      printed = printerOf(next);
      reader.read(showsRecords(next));
    },
    follow: (plane) => reader.follow(plane),
    get dropped() {
      return destination.lost;
    },
    close: () => destination.close(),
  };
}

function auditLevel({ level }: LogSettings): LogLevel {
  return level === "silent" ? "silent" : "info";
}

function showsRecords({ level, sessions }: LogSettings): boolean {
  return sessions && logLevels.indexOf(level) <= logLevels.indexOf("info");
}

/** Where that cannot be written either, nothing is said. */
function sayOnStderr(what: string): void {
  process.stderr.write(`lb: ${what}, and traffic goes on\n`);
}

function stdout(): Writable {
  const { fd, isTTY } = process.stdout;
  if (!isTTY) return Descriptor.ofFile(fd) ?? process.stdout;
  try {
    return process.platform === "linux" ? Descriptor.ofTerminal(fd) : process.stdout;
  } catch {
    return process.stdout;
  }
}

/** Gives a line of JSON the look that the settings want. */
function printerOf({ format }: LogSettings): (line: string) => string {
  const pretty = format === "pretty" || (format === "auto" && process.stdout.isTTY);
  if (!pretty) return (line) => line;
  // Loaded where lines are pretty, which in production they are not.
  const { prettyFactory } = createRequire(import.meta.url)("pino-pretty") as typeof import("pino-pretty");
  const colorize = process.stdout.isTTY === true && !process.env.NO_COLOR;
  return prettyFactory({ colorize, singleLine: true, translateTime: "HH:MM:ss.l" });
}

function write(logger: Logger, [level, fields, message]: Line): void {
  logger[level](fields, message);
}

type Line = readonly [level: "info" | "warn" | "error", fields: object, message: string];

function lineOf(report: Report): Line {
  switch (report.kind) {
    case "session":
      return ["info", report.record, "session"];
    case "backend":
      return stateLine(report);
    case "drained": {
      const { kind: _, tookMs, ...drained } = report;
      return ["info", { ...drained, ...timeFields("took", tookMs) }, "backend drained"];
    }
    case "sessions-ended": {
      const { kind: _, ...ended } = report;
      return ["warn", ended, "sessions of a backend ended"];
    }
    case "no-backend":
      return ["error", { pool: report.pool, sessions: report.sessions }, "no usable backend"];
    case "unanswered":
      return ["error", { pool: report.pool, sessions: report.sessions }, "no backend answered"];
    case "own-fault": {
      const { pool, code, dials } = report;
      return ["warn", { pool, code, dials, reason: explainOwnFault(code) }, "dials failed on our side"];
    }
    case "bug":
      return ["error", { session: report.session, error: report.error }, "bug"];
    case "dropped":
      return ["warn", { sessions: report.sessions, others: report.others }, "reports dropped"];
  }
}

/** What an operator did is news; what happened to a backend is a warning. */
function stateLine(report: StateChange): Line {
  const { pool, backend, state, reason, lastedMs, forMs } = report;
  const times = { ...timeFields("lasted", lastedMs), ...(forMs !== undefined && timeFields("for", forMs)) };
  const level = state === "down" || state === "ejected" ? "warn" : "info";
  return [level, { pool, backend, reason, ...times }, `backend ${state}`];
}

/** A time for a person who reads it, and for a program that computes with it. */
function timeFields(name: string, ms: number): Record<string, string | number> {
  const wholeMs = Math.round(ms);
  return { [name]: readableDuration(wholeMs), [`${name}Ms`]: wholeMs };
}
