import { boundToThis } from "../command/bound.ts";

/** The number that a child's environment has for the descriptor that closes with its parent. */
export const LEASH = { name: "LB_LEASH_FD", fd: 3 } as const;

/** How a child is made to end with this process: what it is started by, and whether it has a leash to watch. */
export interface Bond {
  readonly command: readonly string[];
  readonly leash: boolean;
}

/**
 * Where util-linux is installed, the kernel kills the child with the thread that starts it, which must be the main one; else
 * the child gets a descriptor that closes with this process, whose number is in LB_LEASH_FD: it is to end then.
 */
export function bond(command: readonly string[]): Bond {
  const binding = boundToThis();
  return { command: [...(binding ?? []), ...command], leash: binding === undefined };
}
