import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { installed as installedBeyond } from "#lb/command/installed";

const POSTGRES_HOME = "/usr/lib/postgresql";

/** The path of a program of this machine, also from where Debian keeps PostgreSQL's; undefined where there is none. */
export function installed(name: string): string | undefined {
  return installedBeyond(name, postgresFolders());
}

/** The name of a test that needs programs; it says so where one is missing. */
export function needing(rule: string, programs: Readonly<Record<string, string | undefined>>): string {
  const missing = Object.keys(programs).filter((name) => programs[name] === undefined);
  return missing.length === 0 ? rule : `${rule} (skipped: ${missing.join(", ")} not installed)`;
}

/** Whom a program that refuses to be root runs as: nothing to change where we are not root. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n");
  const account = ["postgres:", "nobody:"].map((name) => accounts.find((line) => line.startsWith(name)));
  const found = account.find(Boolean);
  if (found === undefined)
    throw new Error("expected an account postgres or nobody: some programs refuse to be root");
  const [, , uid, gid] = found.split(":");
  return { uid: Number(uid), gid: Number(gid) };
}

/** A program of this machine while it runs, and what it wrote; killed when it is disposed of. */
export class Program implements AsyncDisposable {
  stdout = "";
  stderr = "";
  readonly child: ChildProcess;
  readonly #over: Promise<number | null>;

  constructor(path: string, args: readonly string[], options: SpawnOptions = {}) {
    this.child = spawn(path, args, { ...options, stdio: "pipe" });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.child.stdin?.on("error", () => {});
    this.#over = new Promise((resolve) => this.child.once("close", resolve));
  }

  /** Its exit code; null where a signal ended it. */
  code(): Promise<number | null> {
    return this.#over;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#over;
  }
}

/** What a program wrote, once it has ended well; rejects with its own words where it did not, or took longer than `ms`. */
export async function output(
  path: string,
  args: readonly string[],
  options: SpawnOptions & { ms?: number } = {},
) {
  const { ms = 60_000, ...how } = options;
  await using program = new Program(path, args, { ...how, timeout: ms });
  program.child.stdin?.end();
  const code = await program.code();
  if (code !== 0) throw new Error(`${path} ended ${code}\n${program.stdout}\n${program.stderr}`);
  return program.stdout;
}

function postgresFolders(): string[] {
  try {
    const versions = readdirSync(POSTGRES_HOME).sort((one, other) => Number(other) - Number(one));
    return versions.map((version) => join(POSTGRES_HOME, version, "bin"));
  } catch {
    return [];
  }
}
