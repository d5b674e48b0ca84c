import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { forbidding } from "./forbidden-calls.ts";

const DIST = new URL("../../dist/", import.meta.url);
const DEADLINE_MS = 50_000;

/** How a process ended: `code` is null where a signal ended it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a command runs. */
export interface Launch {
  /** The path of the Node that runs it; default: the one that runs the test. */
  readonly node?: string;
  readonly cwd?: string;
  /** Beside the test's own environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads on stdin; default: nothing. */
  readonly input?: string;
  /** Its limit of open files. */
  readonly openFiles?: number;
  /** Its limit of locked memory in KiB, as of a user without privileges; see `canLimitMemory`. */
  readonly lockedKib?: number;
  /** System calls that it may not make, by their numbers; see `canForbid`. */
  readonly forbidden?: readonly number[];
  /** Files that it finds in the place of files of this machine, by their paths; see `canReplaceFiles`. */
  readonly files?: Readonly<Record<string, string>>;
}

/** One of the project's commands as a process of its own; killed when it is disposed of. */
export class CommandProcess implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #exit: Promise<Exit>;

  /** `script` is a path below dist, such as `servers/ping.js`. */
  constructor(script: string, args: readonly string[], launch: Launch = {}) {
    const plain = [launch.node ?? process.execPath, fileURLToPath(new URL(script, DIST)), ...args];
    const command = launch.forbidden === undefined ? plain : forbidding(launch.forbidden, plain);
    const [program, ...rest] = amid(limited(command, launch), launch.files) as [string, ...string[]];
    this.#child = spawn(program, rest, {
      cwd: launch.cwd,
      env: { ...process.env, NO_COLOR: "1", ...launch.env },
      stdio: "pipe",
    });
    this.#child.stdin?.on("error", () => {}).end(launch.input ?? "");
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#exit = new Promise((resolve) => {
      this.#child.once("close", (code, signal) =>
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }),
      );
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** How it ends; rejects with its output when it does not end in time. */
  exit(withinMs = DEADLINE_MS): Promise<Exit> {
    return this.#within(withinMs, "its exit", (resolve) => void this.#exit.then(resolve));
  }

  /** The match of the first line of `stream` that matches, past or to come; rejects with the output when none comes. */
  line(
    pattern: RegExp,
    stream: "stdout" | "stderr" = "stdout",
    withinMs = DEADLINE_MS,
  ): Promise<RegExpExecArray> {
    return this.#within(withinMs, `a line like ${pattern}`, (resolve, reject) => {
      const look = () => {
        const found = completeLines(this[stream])
          .map((line) => pattern.exec(line))
          .find((match) => match);
        if (found) resolve(found);
      };
      look();
      this.#child[stream]?.on("data", look);
      void this.#exit.then(() => reject(this.#failure(`it ended before a line like ${pattern}`)));
    });
  }

  /** The complete lines of its stdout, which it then forgets: of a process that says more than one could keep. */
  takeLines(): string[] {
    const upTo = this.stdout.lastIndexOf("\n") + 1;
    const lines = completeLines(this.stdout.slice(0, upTo));
    this.stdout = this.stdout.slice(upTo);
    return lines;
  }

  /** Resolves with the exit code, also while its output waits for a reader. */
  async code(withinMs = DEADLINE_MS): Promise<number | null> {
    return this.#within(withinMs, "its exit code", (resolve) => {
      if (this.#child.exitCode !== null) resolve(this.#child.exitCode);
      else this.#child.once("exit", resolve);
    });
  }

  /** Stops reading its stdout until `readOutput`. */
  stallOutput(): void {
    this.#child.stdout?.pause();
  }

  readOutput(): void {
    this.#child.stdout?.resume();
  }

  /** Closes the reading end of one of its streams, as `head -1` does. */
  leaveOutput(stream: "stdout" | "stderr" = "stdout"): void {
    this.#child[stream]?.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A stopped process would not notice anything else.
    this.#child.kill("SIGKILL");
    this.readOutput();
    await this.#exit;
  }

  async #within<T>(
    ms: number,
    what: string,
    wait: (resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        timer = setTimeout(() => reject(this.#failure(`waited ${ms} ms for ${what}`)), ms);
        wait(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(message: string): Error {
    return new Error(`${message}\nstdout: ${this.stdout}\nstderr: ${this.stderr}`);
  }
}

/** Starts a command that goes on until it is told to stop: `await using ping = start("servers/ping.js", "127.0.0.1", "0")`. */
export function start(script: string, ...args: readonly string[]): CommandProcess {
  return new CommandProcess(script, args);
}

/** Runs a command to its end: `const { code, stdout } = await run("servers/ping.js", "--help")`. */
export async function run(script: string, ...args: readonly string[]): Promise<Exit> {
  await using process = new CommandProcess(script, args);
  return await process.exit();
}

function completeLines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

function limited(command: readonly string[], { openFiles, lockedKib }: Launch): readonly string[] {
  const limits = [
    ...(openFiles === undefined ? [] : [`ulimit -n ${openFiles}`]),
    ...(lockedKib === undefined ? [] : [`ulimit -l ${lockedKib}`]),
  ];
  const unprivileged = lockedKib === undefined ? [] : WITHOUT_PRIVILEGE;
  return limits.length === 0
    ? command
    : ["bash", "-c", `${limits.join("; ")}; exec "$0" "$@"`, ...unprivileged, ...command];
}

/** The privilege to lock as much memory as one likes. */
const WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"];

/** Whether a process may be given so many open files here. */
export function canOpen(openFiles: number): boolean {
  return spawnSync("bash", ["-c", `ulimit -n ${openFiles}`]).status === 0;
}

/** Whether a process can be kept from locking memory here. */
export function canLimitMemory(): boolean {
  const [program, ...rest] = limited(["true"], { lockedKib: 64 }) as [string, ...string[]];
  return spawnSync(program, rest).status === 0;
}

/** Whether this machine lets a process find other files than the rest of it does. */
export function canReplaceFiles(): boolean {
  const [program, ...rest] = amid(["true"], { "/etc/hosts": "/etc/hosts" }) as [string, ...string[]];
  return spawnSync(program, rest).status === 0;
}

/** In a mount namespace of its own, where there are other files. */
function amid(command: readonly string[], files: Launch["files"]): readonly string[] {
  if (files === undefined) return command;
  const mounts = Object.entries(files).map(([path, other]) => `mount --bind '${other}' '${path}' && `);
  return ["unshare", "-m", "sh", "-c", `${mounts.join("")}exec "$0" "$@"`, ...command];
}
