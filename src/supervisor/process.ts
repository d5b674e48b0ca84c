import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { explain } from "../command/failure.ts";
import type { Clock } from "../core/clock.ts";
import { bond, LEASH } from "./leash.ts";

/** What a copy runs. */
export interface Program {
  readonly command: readonly string[];
  /** All of its environment, beside PATH. */
  readonly env: Readonly<Record<string, string>>;
}

/** How long the output of a process that has ended may be held open by what it left behind. */
const OUTPUT_MS = 250;

/** A program while it runs, in a session of its own: a terminal's Ctrl-C ends the balancer, which ends it in order. */
export class CopyProcess {
  readonly #child: ChildProcess;
  /** Resolves when it has ended, or could not be started, with how, in words. */
  readonly exited: Promise<string>;
  #over = false;

  /** `said`: is given its output, a stream each; it must read it. */
  constructor(
    { command, env }: Program,
    said: (stream: "stdout" | "stderr", output: Readable) => void,
    clock: Clock,
  ) {
    const { command: words, leash } = bond(command);
    const [file, ...args] = words as [string, ...string[]];
    this.#child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe", ...(leash ? ["pipe" as const] : [])],
      env: { ...withPath(env), ...(leash && { [LEASH.name]: String(LEASH.fd) }) },
    });
    // A leash is closed by the system, and never written to.
    this.#child.stdio[LEASH.fd]?.on("error", () => {});
    for (const stream of ["stdout", "stderr"] as const) said(stream, this.#child[stream] as Readable);
    this.exited = this.#ended(clock);
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks it to end. */
  terminate(): void {
    if (!this.#over) this.#child.kill("SIGTERM");
  }

  /** Ends it at once, with all that it started. */
  kill(): void {
    if (this.#over || this.pid === undefined) return;
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      this.#child.kill("SIGKILL");
    }
  }

  #ended(clock: Clock): Promise<string> {
    const child = this.#child;
    return new Promise((resolve) => {
      child.on("error", (error) => {
        if (child.pid === undefined) resolve(`could not be started: ${explain(error)}`);
      });
      child.once("exit", (code, signal) => {
        // Its own processes would hold its port.
        this.kill();
        this.#over = true;
        const late = clock.after(OUTPUT_MS, () => {
          for (const stream of child.stdio) stream?.destroy();
        });
        child.once("close", () => late[Symbol.dispose]());
        resolve(signal === null ? `exit code ${code}` : signal);
      });
    });
  }
}

function withPath(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { ...(PATH !== undefined && { PATH }), ...env };
}
