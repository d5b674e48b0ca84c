import { spawnSync } from "node:child_process";
import { installed } from "./installed.ts";

/** A program that was started behind it, once bound, and whose parent had died before that, would live on: it asks whether that is still there. */
const IF_PARENT_LIVES = '[ "$PPID" = "$0" ] || exit 1; exec "$@"';
/** It is tried once, and the loop waits for it. */
const TRIED = { timeout: 1_000, stdio: "ignore" } as const;
let words: readonly string[] | null | undefined;

/**
 * The words in front of a command by which the kernel kills it with the thread of this process that starts it, which must be the
 * main one; undefined where util-linux is not installed.
 */
export function boundToThis(): readonly string[] | undefined {
  words ??= tried() ?? null;
  return words ?? undefined;
}

function tried(): readonly string[] | undefined {
  const setpriv = installed("setpriv");
  if (setpriv === undefined) return undefined;
  const binding = [setpriv, "--pdeathsig", "KILL", "--", "/bin/sh", "-c", IF_PARENT_LIVES, `${process.pid}`];
  const [file, ...args] = [...binding, "true"];
  return spawnSync(file as string, args, TRIED).status === 0 ? binding : undefined;
}
