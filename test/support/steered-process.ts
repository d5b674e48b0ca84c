import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { BalancerProcess } from "./balancer-process.ts";

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

  /** Starts it in a folder of its own, or again in that of another one; its API answers when this resolves. */
  static async start(config: object, folder?: string): Promise<SteeredProcess> {
    const own = folder ?? (await mkdtemp(join(tmpdir(), "steered-")));
    const path = join(own, "lb.yaml");
    const admin = { listen: "127.0.0.1:0", ...(config as { admin?: object }).admin };
    await writeFile(path, stringify({ ...config, admin }));
    const process = new SteeredProcess(own, new BalancerProcess("lb.js", ["--config", path], { cwd: own }));
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
