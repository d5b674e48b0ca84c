import { readdirSync, readFileSync } from "node:fs";

/** The process numbers of a process's children that run. */
export function childrenOf(parent: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => runs(pid) && statOf(pid)[1] === String(parent));
}

/** Whether a process runs; one that has ended, and that its parent did not ask about yet, does not. */
export function runs(pid: number): boolean {
  const [state] = statOf(pid);
  return state !== undefined && state !== "Z" && state !== "X";
}

/** Whether a process was stopped, with each of its threads, which takes a moment on a busy machine. */
export function standsStill(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => statOf(`${pid}/task/${thread}`)[0] === "T");
}

/** State, parent and so on, from the third field of proc_pid_stat(5) on; the name before them may hold spaces. */
function statOf(pid: number | string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
