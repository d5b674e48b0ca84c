export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** How log lines look: `auto` is pretty on a terminal, JSON everywhere else. */
export const logFormats = ["json", "pretty", "auto"] as const;
type LogFormat = (typeof logFormats)[number];

/** What the log tells and how. */
export interface LogSettings {
  readonly level: LogLevel;
  /** Whether each session leaves a record, where the level shows it. */
  readonly sessions: boolean;
  readonly format: LogFormat;
}
