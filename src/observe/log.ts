import type { Writable } from "node:stream";
import { type Logger, pino } from "pino";
import { prettyFactory } from "pino-pretty";
import { readableDuration } from "../core/duration.ts";
import type { LogLevel, LogSettings } from "../core/log-settings.ts";
import type { Report } from "../plane/plane.ts";
import type { StateChange } from "../pool/state-log.ts";
import { BoundedLog } from "./bounded-log.ts";
import { explainOwnFault } from "./own-faults.ts";
import { Terminal } from "./terminal.ts";

/** The balancer's log, on stdout. */
export interface Log {
  readonly logger: Logger;
  setLevel(level: LogLevel): void;
  /** Writes what a plane reports. */
  report(batch: readonly Report[]): void;
  /** Resolves when everything was written, or after 1 s. */
  close(): Promise<void>;
}

/** Opens the log; `level` and `format` as configured. */
export function openLog({ level, format }: LogSettings): Log {
  const destination = new BoundedLog(stdout());
  const pretty = format === "pretty" || (format === "auto" && process.stdout.isTTY);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pretty ? prettyPrinted(destination) : destination,
  );
  destination.onBack = (dropped) => logger.warn({ dropped }, "log lines dropped");
  return {
    logger,
    setLevel: (next) => {
      logger.level = next;
    },
    report: (batch) => batch.forEach((report) => void write(logger, report)),
    close: () => destination.close(),
  };
}

function stdout(): Writable {
  if (!process.stdout.isTTY || process.platform !== "linux") return process.stdout;
  try {
    return new Terminal(process.stdout.fd);
  } catch {
    // The terminal of another user, as after su, may be written to but not opened.
    return process.stdout;
  }
}

function prettyPrinted(destination: BoundedLog) {
  const colorize = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const format = prettyFactory({ colorize, singleLine: true, translateTime: "HH:MM:ss.l" });
  return { write: (line: string) => destination.write(format(line)) };
}

function write(logger: Logger, report: Report): void {
  if (report.kind === "session") logger.info(report.record, "session");
  else if (report.kind === "backend") stateLine(logger, report.change);
  else if (report.kind === "bug") logger.error({ session: report.session, error: report.error }, "bug");
  else if (report.kind === "own-fault") ownFaultLine(logger, report);
  else logger.error({ pool: report.pool, sessions: report.sessions }, "no usable backend");
}

function ownFaultLine(logger: Logger, { kind: _, ...fault }: Extract<Report, { kind: "own-fault" }>): void {
  logger.warn({ ...fault, reason: explainOwnFault(fault.code) }, "dials failed on our side");
}

/** What an operator did is news; what happened to a backend is a warning. */
function stateLine(logger: Logger, { state, was: _, lastedMs, forMs, ...change }: StateChange): void {
  const level = state === "down" || state === "ejected" ? "warn" : "info";
  const times = { ...timeFields("lasted", lastedMs), ...(forMs && timeFields("for", forMs)) };
  logger[level]({ ...change, ...times }, `backend ${state}`);
}

/** A time for whoever reads it, and for whoever computes with it. */
function timeFields(name: string, ms: number): Record<string, string | number> {
  return { [name]: readableDuration(ms), [`${name}Ms`]: Math.round(ms) };
}
