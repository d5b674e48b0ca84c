import type { Child } from "#lb/command/child";

/** Where a subject is to run. */
export interface Place {
  /** Where it shall listen, on 127.0.0.1. */
  readonly port: number;
  /** The backend's ports on 127.0.0.1, as many as the subject wants. */
  readonly backends: readonly number[];
  /** A folder of its own for its files, removed when it has ended. */
  readonly folder: string;
}

/** A program and its arguments. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** One row of the benchmark. */
export interface Subject {
  readonly name: string;
  readonly about: string;
  /** How many backends it is given. */
  readonly backends: number;
  /** Why it cannot run on this machine and what to do; undefined where it can. */
  readonly absent: () => string | undefined;
  /** The command that starts it, in the foreground and as one process; undefined for no proxy at all. */
  readonly command?: (place: Place) => CommandLine;
  /** What runs beside it, in the foreground, from when it listens; left out: nothing. */
  readonly companion?: (place: Place) => CommandLine;
  /** Has all backends of its proxy fail at once, and tells how many they are; left out where it cannot. */
  readonly fail?: (place: Place, proxy: Child) => number;
  /** Has its proxy read its file again, in which all backends have this weight; 1 is what they had. Left out where it cannot. */
  readonly reload?: (place: Place, proxy: Child, weight: number) => void;
  /** It runs only where it is named. */
  readonly extra?: true;
}
