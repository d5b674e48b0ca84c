import { coerced } from "#lb/command/coerce";
import type { Timer } from "#lb/core/clock";
import { parseDuration } from "#lb/core/duration";
import type { Fault } from "./fault.ts";

/** Each answer comes after a time of its own, drawn evenly from latency ± jitter, never below 0. */
export const latency: Fault<{ latency: number; jitter: number }> = {
  off: { latency: 0, jitter: 0 },
  options: {
    latency: {
      describe: "Time each answer takes",
      default: "0ms",
      requiresArg: true,
      coerce: coerced("latency", parseDuration),
    },
    jitter: {
      describe: "That time varies by as much either way",
      default: "0ms",
      requiresArg: true,
      coerce: coerced("jitter", parseDuration),
    },
  },
  behave({ latency, jitter }, { clock, dice }) {
    if (latency === 0 && jitter === 0) return undefined;
    const timers = new Set<Timer>();
    return {
      work: (next) => (request) => {
        const ms = Math.max(0, latency + (2 * dice() - 1) * jitter);
        const timer = clock.after(ms, () => {
          timers.delete(timer);
          next(request);
        });
        timers.add(timer);
      },
      close() {
        for (const timer of timers) timer[Symbol.dispose]();
        timers.clear();
      },
    };
  },
};
