import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { ACCEPT_BACKLOG, emptyAcceptQueue } from "#lb/core/accept-queue";
import { hostPort } from "#lb/core/address";
import { systemClock, type Timer } from "#lb/core/clock";
import { type Fate, meet } from "./faults/fate.ts";
import type { Behaviour, Life } from "./faults/fault.ts";
import { atOnce, type Protocol, type Service, type Work } from "./protocol.ts";

/** How a server is set up. */
export interface Setup {
  readonly protocol: Protocol;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, which picks a free one. */
  readonly port?: number;
  /** Default `host:port`. */
  readonly name?: string | undefined;
  readonly faults?: readonly Behaviour[];
  /** Told of each change after the start. */
  readonly onChange?: (change: string) => void;
}

const GRACE_MS = 500;

/** A test backend: one listening socket, its connections, and the faults it was given. */
export class TestServer implements Life, AsyncDisposable {
  readonly host: string;
  readonly #faults: readonly Behaviour[];
  readonly #sockets = new Set<Socket>();
  #listener: Server | undefined;
  #service: Service | undefined;
  #lives: Disposable[] = [];
  #port: number;
  #accepted = 0;
  #closed = false;

  private constructor(readonly setup: Setup) {
    this.host = setup.host ?? "127.0.0.1";
    this.#port = setup.port ?? 0;
    this.#faults = setup.faults ?? [];
  }

  /** Resolves when it listens; rejects as `listen` does, and nothing is left open. */
  static async start(setup: Setup): Promise<TestServer> {
    const server = new TestServer(setup);
    await server.#listen();
    const work = server.#faults.reduceRight<Work>((next, fault) => fault.work?.(next) ?? next, atOnce);
    server.#service = setup.protocol(server, work);
    if (server.refuses) server.#listener?.close();
    else server.#lives = server.#faults.flatMap((fault) => fault.live?.(server) ?? []);
    return server;
  }

  /** The real port, also where 0 was asked for. */
  get port(): number {
    return this.#port;
  }

  get address(): string {
    return hostPort(this.host, this.#port);
  }

  get name(): string {
    return this.setup.name ?? this.address;
  }

  /** Whether it found its port, and does not listen on it. */
  get refuses(): boolean {
    return this.#faults.some((fault) => fault.refuses);
  }

  crash(): void {
    this.#listener?.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.setup.onChange?.(`crashed on ${this.address}`);
  }

  async recover(): Promise<boolean> {
    try {
      await this.#listen();
      this.setup.onChange?.(`listening on ${this.address}`);
      return true;
    } catch {
      this.setup.onChange?.(`still down on ${this.address}: the port is taken`);
      return false;
    }
  }

  /** Stops accepting, lets the connections be answered for `graceMs`, then closes what is left. */
  async close(graceMs = GRACE_MS): Promise<void> {
    this.#closed = true;
    for (const life of this.#lives) life[Symbol.dispose]();
    if (this.#listener !== undefined) await emptyAcceptQueue(this.#listener, () => this.#accepted);
    this.#listener?.close();
    this.#service?.finish();
    await this.#emptied(graceMs);
    for (const socket of this.#sockets) socket.destroy();
    for (const fault of this.#faults) fault.close?.();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0);
  }

  #listen(): Promise<void> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      listener.once("error", reject);
      listener.listen({ host: this.host, port: this.#port, backlog: ACCEPT_BACKLOG }, () => {
        this.#port = (listener.address() as AddressInfo).port;
        if (this.#closed) listener.close();
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    // A peer that breaks off is no event of ours: "close" follows.
    socket.on("error", () => {});
    this.#accepted++;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    const fate = this.#fate();
    if (fate === undefined) this.#service?.serve(socket);
    else meet(fate, socket);
  }

  #fate(): Fate | undefined {
    for (const fault of this.#faults) {
      const fate = fault.fate?.();
      if (fate !== undefined) return fate;
    }
    return undefined;
  }

  async #emptied(withinMs: number): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((done) => {
      timer = systemClock.after(withinMs, done);
    });
    await Promise.race([Promise.all([...this.#sockets].map(closed)), late]);
    timer?.[Symbol.dispose]();
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((done) => socket.once("close", () => done()));
}
