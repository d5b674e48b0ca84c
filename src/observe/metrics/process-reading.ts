import { readdir, stat } from "node:fs/promises";
import type { HistogramSample } from "../../contract/histogram.ts";

/** What is known of this process. */
export interface ProcessReading {
  readonly cpuSec: { readonly user: number; readonly system: number };
  readonly residentBytes: number;
  /** Undefined where the system does not tell. */
  readonly openFiles: number | undefined;
  readonly loopDelay: HistogramSample;
}

const OPEN_FILES = "/proc/self/fd";

/** Looks at this process now; `loopDelay`: that of the thread that serves. */
export async function readProcess(loopDelay: HistogramSample): Promise<ProcessReading> {
  const { user, system } = process.cpuUsage();
  return {
    cpuSec: { user: user / 1e6, system: system / 1e6 },
    residentBytes: process.memoryUsage.rss(),
    openFiles: await countOpenFiles(),
    loopDelay,
  };
}

/** Linux 6.2 and later tell the number as the folder's size; before that it has to be read. */
async function countOpenFiles(): Promise<number | undefined> {
  try {
    const { size } = await stat(OPEN_FILES);
    return size > 0 ? size : (await readdir(OPEN_FILES)).length;
  } catch {
    return undefined;
  }
}
