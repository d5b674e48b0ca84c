import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { explain } from "../command/failure.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import type { Guard } from "./guard.ts";
import { bond, LEASH } from "./leash.ts";

/** What a copy runs. */
export interface Program {
  readonly command: readonly string[];
  /** All of its environment, beside PATH. */
  readonly env: Readonly<Record<string, string>>;
}

/** How long the output of a process that has ended may be held open by what it left behind. */
const OUTPUT_MS = 250;

/** A process that was killed may take so long to be gone. */
const DEATH_MS = 5_000;

/** What a CopyProcess is made of. */
export interface ProcessParts {
  readonly clock: Clock;
  readonly guard: Guard;
}

/** A program while it runs, in a session of its own: a terminal's Ctrl-C ends the balancer, which ends it in order. */
export class CopyProcess {
  /** Undefined where the system did not even try. */
  readonly #child: ChildProcess | undefined;
  readonly #exited = new Deferred<string>();
  readonly #clock: Clock;
  #over = false;
  /** Since it was killed. */
  #death: Timer | undefined;

  /** `said`: is given its output, a stream each; it must read it. */
  constructor(
    { command, env }: Program,
    said: (stream: "stdout" | "stderr", output: Readable) => void,
    { clock, guard }: ProcessParts,
  ) {
    this.#clock = clock;
    guard.begin();
    try {
      this.#child = launched(command, env);
    } catch (error) {
      this.#exited.resolve(notStarted(error));
      return;
    }
    this.#watch(this.#child, guard);
    for (const stream of ["stdout", "stderr"] as const) {
      const output = this.#child[stream];
      if (output) said(stream, output);
    }
  }

  /** Resolves when it has ended, or could not be started, with how, in words; soon after it was killed at the latest. */
  get exited(): Promise<string> {
    return this.#exited.promise;
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Asks it to end. */
  terminate(): void {
    if (!this.#over) this.#child?.kill("SIGTERM");
  }

  /** Ends it at once, with all that it started. One that the kernel cannot end, as its disk does not answer, counts as gone after 5 s. */
  kill(): void {
    if (this.#over || this.pid === undefined) return;
    this.#death ??= this.#clock.after(DEATH_MS, () =>
      this.#exited.resolve(`was killed, and process ${this.pid} is still there`),
    );
    try {
      process.kill(-this.pid, "SIGKILL");
    } catch {
      this.#child?.kill("SIGKILL");
    }
  }

  #watch(child: ChildProcess, guard: Guard): void {
    // It leads a group of its own, with all that it starts.
    const guarded = child.pid === undefined ? undefined : guard.watch(child.pid);
    child.on("error", (error) => {
      if (child.pid === undefined) this.#exited.resolve(notStarted(error));
    });
    child.once("exit", (code, signal) => {
      // Its own processes would hold its port.
      this.kill();
      this.#over = true;
      this.#death?.[Symbol.dispose]();
      guarded?.[Symbol.dispose]();
      const late = this.#clock.after(OUTPUT_MS, () => {
        for (const stream of child.stdio) stream?.destroy();
      });
      child.once("close", () => late[Symbol.dispose]());
      this.#exited.resolve(signal === null ? `exit code ${code}` : signal);
    });
  }
}

/** Throws where the arguments are no arguments; where the system refuses, that is an "error", and there are no streams. */
function launched(command: readonly string[], env: Program["env"]): ChildProcess {
  const { command: words, leash } = bond(command);
  const [file, ...args] = words as [string, ...string[]];
  const child = spawn(file, args, {
    detached: true,
    stdio: ["ignore", "pipe", "pipe", ...(leash ? ["pipe" as const] : [])],
    env: { ...withPath(env), ...(leash && { [LEASH.name]: String(LEASH.fd) }) },
  });
  const streams: ChildProcess["stdio"] | undefined = child.stdio;
  // A leash is closed by the system, and never written to.
  streams?.[LEASH.fd]?.on("error", () => {});
  return child;
}

function notStarted(error: unknown): string {
  return `could not be started: ${explain(error)}`;
}

function withPath(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH } = process.env;
  return { ...(PATH !== undefined && { PATH }), ...env };
}
