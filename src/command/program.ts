import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { boundToThis } from "./bound.ts";
import { installed } from "./installed.ts";

// As it is built, also where this file is run from its source.
const LEASH = fileURLToPath(new URL("../../dist/command/leash.js", import.meta.url));

/** What is run as a child. */
export interface Program {
  /** What messages call it. */
  readonly name: string;
  /** A program of this machine: its path, or a name that PATH has. */
  readonly command: string;
  readonly args?: readonly string[];
  /** Beside this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it is one of our scripts, which has a channel for messages; see `script`. */
  readonly channel?: true;
}

/** A script of ours as a program for Node; it ends when its channel closes, so also where its parent was killed. */
export function script(name: string, path: string, args: readonly string[] = []): Program {
  return { name, command: process.execPath, args: ["--import", LEASH, path, ...args], channel: true };
}

/** Starts a program, whose output is to be read and whose "error" is to be listened to. */
export function launch({ command, args = [], env, channel }: Program): ChildProcess {
  const [file, ...rest] = channel ? [command, ...args] : bound(command, args);
  return spawn(file as string, rest, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", ...(channel ? ["ipc" as const] : [])],
  });
}

/** A parent that died before the program was bound to it kills nothing. */
const IF_PARENT_LIVES = '[ "$PPID" = "$0" ] || exit 1; exec "$@"';

/**
 * A foreign program cannot be taught to end with its parent: where that is possible, the kernel kills it. The parent is the thread
 * that started it, which may not end before the process does.
 */
function bound(command: string, args: readonly string[]): string[] {
  const path = installed(command);
  // What is not there is to be missed under its own name.
  if (path === undefined) return [command, ...args];
  const binding = boundToThis();
  const program = [path, ...args];
  return binding === undefined
    ? program
    : [...binding, "/bin/sh", "-c", IF_PARENT_LIVES, `${process.pid}`, ...program];
}
