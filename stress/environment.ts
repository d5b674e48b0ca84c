import { execFileSync } from "node:child_process";
import { cpus, release, type } from "node:os";
import { openFiles } from "#lb/core/open-files";
import type { Results } from "./results.ts";

/** What a run was made on; `git` is the checkout's short hash, or "unknown". */
export function environment(): Results["environment"] {
  const processors = cpus();
  const files = openFiles();
  return {
    node: process.version,
    os: `${type()} ${release()}`,
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    openFiles: Number.isFinite(files) ? files : null,
    git: gitHash(),
  };
}

function gitHash(): string {
  try {
    const options = { cwd: import.meta.dirname, timeout: 2_000, stdio: "pipe", encoding: "utf8" } as const;
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], options).trim();
  } catch {
    return "unknown";
  }
}
