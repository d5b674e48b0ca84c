import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { exitCodes } from "#lb/command/command";
import { Failure, UsageError } from "#lb/command/failure";

const READY_WITHIN_MS = 10_000;
const END_WITHIN_MS = 2_000;
const LONGEST_COMPLAINT = 4_096;
/** Ends a child where this process was killed, and could not do it. */
const LEASH = new URL("leash.js", import.meta.url).href;

/** One of the project's commands, to be run as a child. */
export interface Program {
  /** What messages call it. */
  readonly name: string;
  /** Its path below dist. */
  readonly script: string;
  readonly args: readonly string[];
  /** The address in the line that says it is ready; `undefined` for any other line. */
  readonly ready: (line: string) => string | undefined;
}

/** Child processes that end with this one, whichever way it ends; a child that ends before is reported to `died`. */
export class Children implements AsyncDisposable {
  readonly #running = new Set<ChildProcess>();
  readonly #kill = () => {
    for (const child of this.#running) child.kill("SIGKILL");
  };
  readonly #hangUp = () => process.exit(exitCodes.failed);
  #ending = false;

  constructor(readonly died: (failure: Failure) => void) {
    process.once("exit", this.#kill);
    // By itself a closed terminal would end this process without the "exit" above.
    process.once("SIGHUP", this.#hangUp);
  }

  /** Starts a program and resolves with the address it is ready on; rejects with a Failure where it does not get there. */
  async start(program: Program): Promise<string> {
    const script = pathOf(program);
    const child = spawn(process.execPath, ["--import", LEASH, script, ...program.args], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#running.add(child);
    const complaint = firstLineOf(child);
    const exit = new Promise<Failure>((resolve) => {
      child.once("error", (error) =>
        resolve(new Failure(`${program.name} could not be started: ${error.message}`)),
      );
      child.once("close", (code, signal) => {
        this.#running.delete(child);
        resolve(failureOf(program, code, signal, complaint()));
      });
    });
    const address = await readiness(child, program, exit);
    void exit.then((failure) => {
      if (!this.#ending) this.died(failure);
    });
    return address;
  }

  /** Ends all of them, by force those that take long. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    const ends = [...this.#running].map((child) => new Promise((ended) => child.once("close", ended)));
    for (const child of this.#running) child.kill("SIGTERM");
    const late = setTimeout(this.#kill, END_WITHIN_MS);
    await Promise.all(ends);
    clearTimeout(late);
    process.off("exit", this.#kill);
    process.off("SIGHUP", this.#hangUp);
  }
}

function pathOf({ script }: Program): string {
  const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
  if (!existsSync(path))
    throw new Failure(`${relative("", path)} does not exist; build it first: npm run build`);
  return path;
}

/** The address of the line that says it is ready; from then on the child's output is read and thrown away. */
function readiness(child: ChildProcess, { name, ready }: Program, exit: Promise<Failure>): Promise<string> {
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  return new Promise<string>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Failure(`${name} was not ready after ${READY_WITHIN_MS / 1000} s`)),
      READY_WITHIN_MS,
    );
    void exit.then(reject).finally(() => clearTimeout(late));
    lines.on("line", (line) => {
      const address = ready(line);
      if (address === undefined) return;
      clearTimeout(late);
      resolve(address);
    });
  }).finally(() => {
    lines.close();
    child.stdout?.resume();
  });
}

function firstLineOf(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(0, LONGEST_COMPLAINT);
  });
  return () => text.split("\n", 1)[0] as string;
}

function failureOf(
  { name, script }: Program,
  code: number | null,
  signal: string | null,
  complaint: string,
): Failure | UsageError {
  if (code === exitCodes.usage) return new UsageError(withoutItsName(complaint, script));
  const how = signal ?? `exit code ${code}`;
  return new Failure(`${name} ended before its time (${how})${complaint && `: ${complaint}`}`);
}

/** What a program says of its usage, without its own name before and its own help after it. */
function withoutItsName(complaint: string, script: string): string {
  const name = basename(script, ".js");
  return complaint.replace(new RegExp(`^${name}: `), "").replace(/ \([^()]*--help[^()]*\)$/, "");
}
