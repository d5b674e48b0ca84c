import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { BalancerProcess } from "./balancer-process.ts";
import type { Launch } from "./process.ts";

/** What the API answered. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

/** The real command with a configuration file and its admin API, both on free ports. */
export class SteeredProcess implements AsyncDisposable {
  readonly #folder: string;
  readonly balancer: BalancerProcess;
  api = "";

  private constructor(folder: string, balancer: BalancerProcess) {
    this.#folder = folder;
    this.balancer = balancer;
  }

  /** Starts it in a folder of its own; its API answers when this resolves. */
  static async start(config: object, launch: Launch = {}): Promise<SteeredProcess> {
    const own = await mkdtemp(join(tmpdir(), "steered-"));
    const path = join(own, "lb.yaml");
    await writeFile(path, fileOf(config));
    const balancer = new BalancerProcess("lb.js", ["--config", path], { cwd: own, ...launch });
    const process = new SteeredProcess(own, balancer);
    await process.balancer.listening();
    const [, address] = await process.balancer.line(/"address":"([^"]+)".*"msg":"admin API listening"/);
    process.api = `http://${address}`;
    return process;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Where clients connect, as `host:port`. */
  get listener(): string {
    const { endpoint } = this.balancer;
    return endpoint.kind === "unix" ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
  }

  /** Puts another configuration in its file, and has it read that. */
  async reload(config: object): Promise<void> {
    const next = join(this.#folder, "next");
    await writeFile(next, fileOf(config));
    await rename(next, join(this.#folder, "lb.yaml"));
    this.balancer.signal("SIGHUP");
  }

  /** By a connection of its own, of which nothing is left. */
  async ask(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${this.api}${path}`, {
      method,
      signal: AbortSignal.timeout(15_000),
      headers: { connection: "close", ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get("content-type")?.startsWith("application/json");
    return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
  }

  /** Ends it in order; its exit code. */
  async stop(): Promise<number | null> {
    this.balancer.signal("SIGTERM");
    return (await this.balancer.exit()).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.balancer[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** With an API on a free port, unless it says where. */
function fileOf(config: object): string {
  const admin = { listen: "127.0.0.1:0", ...(config as { admin?: object }).admin };
  return stringify({ ...config, admin });
}
