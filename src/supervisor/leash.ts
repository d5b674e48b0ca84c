import { spawnSync } from "node:child_process";
import { installed } from "../command/installed.ts";

/** The number that a child's environment has for the descriptor that closes with its parent. */
export const LEASH = { name: "LB_LEASH_FD", fd: 3 } as const;

/** How a child is made to end with this process: what it is started by, and whether it has a leash to watch. */
export interface Bond {
  readonly command: readonly string[];
  readonly leash: boolean;
}

const BOUND = ["--pdeathsig", "KILL", "--"];
/** It is tried once, and the loop waits for it. */
const TRIED = { timeout: 1_000, stdio: "ignore" } as const;
let setpriv: string | null | undefined;

/**
 * Where util-linux is installed, the kernel kills the child with the thread that starts it, which must be the main one; else
 * the child gets a descriptor that closes with this process, whose number is in LB_LEASH_FD: it is to end then.
 */
export function bond(command: readonly string[]): Bond {
  if (setpriv === undefined) {
    const path = installed("setpriv");
    const works = path !== undefined && spawnSync(path, [...BOUND, "true"], TRIED).status === 0;
    setpriv = works ? path : null;
  }
  if (setpriv === null) return { command, leash: true };
  return { command: [setpriv, ...BOUND, ...command], leash: false };
}
