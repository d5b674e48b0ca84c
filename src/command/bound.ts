import { spawnSync } from "node:child_process";
import { installed } from "./installed.ts";

/** It is tried once, and the loop waits for it. */
const TRIED = { timeout: 1_000, stdio: "ignore" } as const;
let words: readonly string[] | null | undefined;

/**
 * The words in front of a command by which the kernel kills it with the thread that starts it, which must be the main one;
 * undefined where util-linux is not installed.
 */
export function boundToThis(): readonly string[] | undefined {
  words ??= tried() ?? null;
  return words ?? undefined;
}

function tried(): readonly string[] | undefined {
  const setpriv = installed("setpriv");
  if (setpriv === undefined) return undefined;
  const binding = ["--pdeathsig", "KILL", "--"];
  return spawnSync(setpriv, [...binding, "true"], TRIED).status === 0 ? [setpriv, ...binding] : undefined;
}
