import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "#lb/core/address";
import { breakOff } from "./break-off.ts";

const DEADLINE_MS = 50_000;

/** The promise, or a rejection that says what never came. */
export async function within<T>(what: string, promise: Promise<T>, ms = DEADLINE_MS): Promise<T> {
  const timeout = new AbortController();
  const late = delay(ms, undefined, { signal: timeout.signal }).then(() => {
    throw new Error(`${what} did not come within ${ms} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeout.abort();
    late.catch(() => {});
  }
}

/** How a peer saw its connection end. */
export type Outcome = "end" | "reset";

/** One end of a real socket, with everything it received and how it ended. */
export class Peer {
  /** The system's word for how it broke (ECONNRESET …), if it did. */
  error: string | undefined;
  #received: Buffer[] = [];
  #length = 0;
  #changed: (() => void)[] = [];
  #outcome: Outcome | undefined;
  #closed = false;

  constructor(readonly socket: Socket) {
    socket.on("data", (chunk: Buffer) => {
      this.#received.push(chunk);
      this.#length += chunk.length;
      this.#notify();
    });
    socket.on("end", () => this.#settle("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code;
      this.#settle("reset");
    });
    socket.on("close", () => {
      this.#closed = true;
      this.#settle("reset");
    });
  }

  get received(): Buffer {
    this.#received = [Buffer.concat(this.#received)];
    return this.#received[0] as Buffer;
  }

  get length(): number {
    return this.#length;
  }

  get text(): string {
    return this.received.toString("latin1");
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** FIN after what was sent; receiving goes on. */
  finish(): void {
    this.socket.end();
  }

  /** RST, and nothing where the connection is over. */
  reset(): void {
    breakOff(this.socket);
  }

  /** Receives nothing more until `listen`. */
  stall(): void {
    this.socket.pause();
  }

  listen(): void {
    this.socket.resume();
  }

  /** Resolves when `count` bytes in all have come; rejects when it ends before. */
  async bytes(count: number): Promise<Buffer> {
    await this.#until(`${count} bytes`, () => this.#length >= count || this.#outcome !== undefined);
    if (this.#length < count) throw new Error(`expected ${count} bytes, got ${this.#length} and the end`);
    return this.received;
  }

  /** Resolves with how the other side ended it: FIN, or anything harsher. */
  async outcome(): Promise<Outcome> {
    await this.#until("the end", () => this.#outcome !== undefined);
    return this.#outcome as Outcome;
  }

  /** Resolves when nothing is left of the socket. */
  async closed(): Promise<void> {
    await this.#until("the close", () => this.#closed);
  }

  #until(what: string, holds: () => boolean): Promise<void> {
    const wait = async () => {
      while (!holds()) await new Promise<void>((resolve) => this.#changed.push(resolve));
    };
    return within(what, wait());
  }

  #settle(outcome: Outcome): void {
    this.#outcome ??= outcome;
    this.#notify();
  }

  #notify(): void {
    const waiting = this.#changed;
    this.#changed = [];
    for (const resolve of waiting) resolve();
  }
}

/** Connects to an endpoint, from a source address if one is given; the caller ends the peer. */
export async function dialPeer(endpoint: Endpoint, localAddress?: string): Promise<Peer> {
  const where =
    endpoint.kind === "unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
  const from = localAddress === undefined ? {} : { localAddress };
  const socket = connect({ ...where, ...from, allowHalfOpen: true, noDelay: true });
  const peer = new Peer(socket);
  await within("a connection", once(socket, "connect"));
  return peer;
}

/**
 * Resolves when the endpoint refuses a dial. A child of this process that another thread starts has what this one listened on
 * until its program begins: a dial that comes in between connects to it.
 */
export async function refused(endpoint: Endpoint): Promise<void> {
  for (;;) {
    const peer = await dialPeer(endpoint).catch(() => undefined);
    if (peer === undefined) return;
    peer.reset();
  }
}

/** A real server on a free port that does what a test tells it to. */
export class TestBackend implements AsyncDisposable {
  readonly peers: Peer[] = [];
  endpoint: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 0 };
  readonly #server: Server;
  #arrivals: (() => void)[] = [];
  #taken = 0;

  constructor(onPeer: (peer: Peer) => void) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const peer = new Peer(socket);
      this.peers.push(peer);
      onPeer(peer);
      for (const arrived of this.#arrivals.splice(0)) arrived();
    });
  }

  async listen(port = 0, host = "127.0.0.1"): Promise<void> {
    this.#server.listen({ host, port, backlog: 4096 });
    await once(this.#server, "listening");
    const address = this.#server.address() as { port: number };
    this.endpoint = { kind: "tcp", host, port: address.port };
  }

  async listenOn(path: string): Promise<void> {
    this.#server.listen({ path });
    await once(this.#server, "listening");
    this.endpoint = { kind: "unix", path };
  }

  /** The next connection that came in, each once, in their order. */
  async next(): Promise<Peer> {
    const arrival = async () => {
      while (this.peers.length <= this.#taken)
        await new Promise<void>((resolve) => this.#arrivals.push(resolve));
      return this.peers[this.#taken++] as Peer;
    };
    return within("a session at the backend", arrival());
  }

  /** Stops listening and breaks off what is open; the port may be listened on again. */
  async stop(): Promise<void> {
    for (const peer of this.peers) peer.socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A backend that does `onPeer` with each connection, by default nothing. */
export async function backend(onPeer: (peer: Peer) => void = () => {}): Promise<TestBackend> {
  const server = new TestBackend(onPeer);
  await server.listen();
  return server;
}

/** What each connection to an echoing backend does: every byte back, and FIN for FIN. */
export function echo(peer: Peer): void {
  peer.socket.pipe(peer.socket);
}
