import type { Report } from "#lb/contract/report";
import { type LogLevel, type LogSettings, logLevels } from "#lb/core/log-settings";
import type { Log } from "#lb/observe/log";
import type { Plane } from "#lb/plane/plane";

/** One line of a log. */
export type Line = readonly [level: string, message: string, fields: object];

/** A log that is kept instead of written. */
export class NotedLog implements Log {
  readonly lines: Line[] = [];
  readonly reported: Report[] = [];
  readonly dropped = 0;
  #level: LogLevel = "info";
  readonly logger = {
    info: this.#line("info"),
    warn: this.#line("warn"),
    error: this.#line("error"),
  } as unknown as Log["logger"];

  readonly audit: Log["audit"] = {
    info: (fields: object, message: string) => {
      if (this.#level !== "silent") this.lines.push(["info", message, fields]);
    },
  } as unknown as Log["audit"];

  configure({ level }: LogSettings): void {
    this.#level = level;
  }

  follow(plane: Plane): void {
    plane.subscribe((batch) => void this.reported.push(...batch), { records: true });
  }

  async close(): Promise<void> {}

  #isShown(level: LogLevel): boolean {
    return logLevels.indexOf(level) >= logLevels.indexOf(this.#level);
  }

  #line(level: LogLevel) {
    return (fields: object | string, message?: string) => {
      if (!this.#isShown(level)) return;
      this.lines.push(typeof fields === "string" ? [level, fields, {}] : [level, message as string, fields]);
    };
  }
}
