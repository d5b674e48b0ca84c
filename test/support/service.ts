import { readFileSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "#lb/core/address";
import { eventually } from "./eventually.ts";
import { Program, unprivileged } from "./program.ts";

/** A folder for a service that refuses to be root, which owns it. */
export async function ownFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const { uid, gid } = unprivileged();
  if (uid !== undefined) await chown(folder, uid, gid as number);
  return folder;
}

/** How a service is started. */
interface ServiceOptions {
  readonly endpoint: Endpoint;
  readonly folder: string;
  /** What it writes once it serves. */
  readonly ready: string;
  /** Where it writes, if not to its output. */
  readonly logFile?: string;
  /** Default: as an account without rights. */
  readonly asRoot?: boolean;
}

/** A real server of this machine, in a folder of its own, which is gone with it. */
export class Service implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly #folder: string;
  readonly #logFile: string | undefined;
  readonly #program: Program;

  private constructor({ endpoint, folder, logFile }: ServiceOptions, program: Program) {
    this.endpoint = endpoint;
    this.#folder = folder;
    this.#logFile = logFile;
    this.#program = program;
  }

  /** Starts a program, and waits until it has written that it is ready. */
  static async start(path: string, args: readonly string[], how: ServiceOptions): Promise<Service> {
    const { folder, ready, asRoot = false } = how;
    const account = asRoot ? {} : unprivileged();
    const program = new Program(path, args, {
      ...account,
      cwd: folder,
      env: { ...process.env, LC_ALL: "C" },
    });
    const service = new Service(how, program);
    const isReady = () => {
      if (!service.log.includes(ready)) throw new Error(`${path} is not ready\n${service.log}`);
    };
    try {
      await eventually(isReady);
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What it wrote. */
  get log(): string {
    const { stdout, stderr } = this.#program;
    return (
      stdout +
      stderr +
      (this.#logFile === undefined ? "" : readFileSync(this.#logFile, { flag: "a+", encoding: "utf8" }))
    );
  }

  /** Has it end in order, and waits until it has. */
  async stop(): Promise<void> {
    this.#program.child.kill("SIGTERM");
    await this.#program.code();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
