import { coerced } from "#lb/command/coerce";
import { UsageError } from "#lb/command/failure";
import type { Timer } from "#lb/core/clock";
import { parseDuration } from "#lb/core/duration";
import type { Fault } from "./fault.ts";

const DOWN_FOR_MS = 5000;

/**
 * The server is up for `crash-every`, then drops everything and is gone for `down-for`, and so on. The servers of one
 * process take turns: the first of four crashes after a quarter of the time.
 */
export const crash: Fault<{ "crash-every": number | undefined; "down-for": number | undefined }> = {
  off: { "crash-every": undefined, "down-for": undefined },
  options: {
    "crash-every": {
      describe: "Time up before each crash (default: never)",
      requiresArg: true,
      coerce: coerced("crash-every", lasting),
    },
    "down-for": {
      describe: "Time down after each crash (default: 5s)",
      requiresArg: true,
      coerce: coerced("down-for", lasting),
    },
  },
  behave(settings, { clock, turn }) {
    const upMs = settings["crash-every"];
    const downMs = settings["down-for"] ?? DOWN_FOR_MS;
    if (upMs === undefined) {
      if (settings["down-for"] === undefined) return undefined;
      throw new UsageError("--down-for needs --crash-every, such as --crash-every 20s");
    }
    return {
      live(server) {
        let timer: Timer;
        const fall = () => {
          server.crash();
          timer = clock.after(downMs, rise);
        };
        const rise = async () => {
          timer = (await server.recover()) ? clock.after(upMs, fall) : clock.after(downMs, rise);
        };
        timer = clock.after(upMs * turn, fall);
        return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
      },
    };
  },
};

function lasting(text: string): number {
  const ms = parseDuration(text);
  if (ms < 1) throw new RangeError(`expected at least 1ms, got "${text}"`);
  return ms;
}
