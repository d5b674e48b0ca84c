/** Where a subject is to run. */
export interface Place {
  /** Where it shall listen, on 127.0.0.1. */
  readonly port: number;
  /** The backend's ports on 127.0.0.1, as many as the subject wants. */
  readonly backends: readonly number[];
  /** A folder of its own for its files, removed when it has ended. */
  readonly folder: string;
}

/** One row of the benchmark. */
export interface Subject {
  readonly name: string;
  readonly about: string;
  /** How many backends it is given. */
  readonly backends: number;
  /** Why it cannot run on this machine and what to do; undefined where it can. */
  readonly absent: () => string | undefined;
  /** The command that starts it, in the foreground and as one process; undefined for no proxy at all. */
  readonly command?: (place: Place) => readonly [program: string, ...args: string[]];
  /** It runs only where it is named. */
  readonly extra?: true;
}
