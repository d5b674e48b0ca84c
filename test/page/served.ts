import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Status } from "#lb/control/status";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { type BalancerProcess, configuredBalancer } from "../support/balancer-process.ts";
import { freePort } from "../support/free-port.ts";
import { backend, echo, type Peer, type TestBackend } from "../support/peer.ts";

/** What a test wants other than the defaults. */
export interface ServedOptions {
  readonly backends?: readonly string[];
  readonly algorithm?: string;
  /** Keys of `admin`, beside where it listens. */
  readonly admin?: string;
  /** Further keys of the file. */
  readonly more?: string;
  /** How long a backend takes to answer, in milliseconds; default: at once. */
  readonly answering?: (backend: string) => number;
}

/** The real command before echoing backends, with its API on a port that stays. */
export class Served implements AsyncDisposable {
  balancer!: BalancerProcess;
  readonly servers = new Map<string, TestBackend>();
  readonly #folder: string;
  readonly #port: number;

  constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /** Where the page is. */
  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Where clients connect. */
  get endpoint(): Endpoint {
    return this.balancer.endpoint;
  }

  async write(options: ServedOptions): Promise<void> {
    const { backends = ["a", "b", "c"], algorithm = "round-robin", admin = "", more = "" } = options;
    for (const name of backends)
      this.servers.set(name, await backend(echoAfter(options.answering?.(name) ?? 0)));
    const listed = [...this.servers].map(
      ([name, { endpoint }]) => `{ name: ${name}, address: "${formatEndpoint(endpoint)}" }`,
    );
    const text = `listeners: [{ name: web, listen: "127.0.0.1:0", pool: ping }]
pools: { ping: { algorithm: ${algorithm}, health: { interval: 200ms }, backends: [${listed.join(", ")}] } }
admin: { listen: "127.0.0.1:${this.#port}"${admin} }
${more}`;
    await writeFile(join(this.#folder, "lb.yaml"), text);
  }

  async start(): Promise<void> {
    this.balancer = await configuredBalancer(join(this.#folder, "lb.yaml"), { cwd: this.#folder });
    await this.balancer.line(/admin API listening/);
  }

  async stop(): Promise<void> {
    await this.balancer[Symbol.asyncDispose]();
  }

  async status(): Promise<Status> {
    return (await (await fetch(`${this.origin}/api/v1/status`)).json()) as Status;
  }

  /** A backend of the only pool. */
  async backend(name: string): Promise<Status["pools"][number]["backends"][number] | undefined> {
    return (await this.status()).pools[0]?.backends.find((each) => each.name === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const server of this.servers.values()) await server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** One that listens. */
export async function served(options: ServedOptions = {}): Promise<Served> {
  const made = new Served(await mkdtemp(join(tmpdir(), "page-")), await freePort());
  await made.write(options);
  await made.start();
  return made;
}

function echoAfter(ms: number): (peer: Peer) => void {
  if (ms === 0) return echo;
  return (peer) => {
    peer.socket.on("data", (chunk) => {
      setTimeout(() => peer.socket.write(chunk), ms);
    });
    peer.socket.on("end", () => peer.finish());
  };
}
