import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 10;

/** How well the generator itself did. */
export interface GeneratorReading {
  /** 99th percentile of how late its event loop came back to a timer. */
  readonly loopDelayP99Us: number;
  /** CPU time of this process, of all its threads, as a share of one core. */
  readonly cpuShare: number;
}

/** Begins to watch this process's event loop and CPU; the function returned ends it and gives the reading. */
export function watchGenerator(): () => GeneratorReading {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  delay.enable();
  return () => {
    delay.disable();
    const { user, system } = process.cpuUsage(cpu);
    // The histogram holds the whole time between two ticks, the planned part too; an empty one says 0.
    const lateUs = delay.percentile(99) / 1000 - RESOLUTION_MS * 1000;
    return {
      loopDelayP99Us: Math.max(0, Math.round(lateUs)),
      cpuShare: (user + system) / 1000 / (performance.now() - startedMs),
    };
  };
}
