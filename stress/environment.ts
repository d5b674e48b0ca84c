import { execFileSync } from "node:child_process";
import { cpus, release, type } from "node:os";
import type { Results } from "./results.ts";

/** What a run was made on; `git` is the checkout's short hash, or "unknown". */
export function environment(): Results["environment"] {
  const processors = cpus();
  const openFiles = openFilesLimit();
  return {
    node: process.version,
    os: `${type()} ${release()}`,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    openFiles: Number.isFinite(openFiles) ? openFiles : null,
    git: gitHash(),
  };
}

/** How many files and sockets this process may have open at once; Infinity where there is no limit. */
export function openFilesLimit(): number {
  if (process.report === undefined) return Infinity;
  // Without this the report asks the name server about every open socket.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as unknown as {
    userLimits?: { open_files?: { soft: number | string } };
  };
  return Number(userLimits?.open_files?.soft ?? Infinity) || Infinity;
}

function gitHash(): string {
  try {
    const options = { cwd: import.meta.dirname, timeout: 2_000, stdio: "pipe", encoding: "utf8" } as const;
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], options).trim();
  } catch {
    return "unknown";
  }
}
