import { readdirSync, readFileSync } from "node:fs";

const NS_PER_TICK = 10_000_000;

/**
 * Nanoseconds of CPU, user and system, that all threads of a process have used: from the scheduler's own account
 * (Linux, Documentation/scheduler/sched-stats.rst), or in ticks of 10 ms where the kernel keeps none.
 */
export function cpuNs(pid: number): number {
  return scheduledNs(pid) || ticks(pid) * NS_PER_TICK;
}

function scheduledNs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + threadNs(`/proc/${pid}/task/${thread}/schedstat`), 0);
}

function threadNs(path: string): number {
  try {
    return Number.parseInt(readFileSync(path, "utf8"), 10);
  } catch {
    return 0;
  }
}

/** utime and stime, fields 14 and 15 of proc_pid_stat(5); the name before them may hold spaces. */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** KiB of a process's memory that are in RAM, its threads' stacks and its share of libraries included. */
export function residentKib(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Rss:\s+(\d+) kB$/m.exec(rollup)?.[1]);
}
