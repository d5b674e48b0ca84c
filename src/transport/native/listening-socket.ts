import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { ACCEPT_BACKLOG, emptyAcceptQueue } from "../../core/accept-queue.ts";
import type { Endpoint } from "../../core/address.ts";
import type { Timer } from "../../core/clock.ts";
import type { Connection, ListeningSocket } from "../transport.ts";
import { makeRoom, removeSocket, restrictSocket } from "../unix-socket.ts";
import { NativeConnection } from "./connection.ts";
import type { DiallingParts } from "./dialling.ts";
import { duplicateOf } from "./duplicate.ts";
import type { Acceptor, AcceptorOwner } from "./engine.ts";
import { tuneKeepAlive } from "./keep-alive.ts";
import {
  EBADF,
  IPPROTO_TCP,
  SO_REUSEADDR,
  SOCK_NONBLOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from "./linux.ts";
import { familyOf, type SocketName } from "./socket-name.ts";
import { systemError } from "./system-error.ts";

/** How long no client is accepted after there was no memory or descriptor for one. */
const SHORTAGE_MS = 100;

/** Binds and listens; see Transport.listen. */
export async function listenNatively(
  endpoint: Endpoint,
  parts: DiallingParts,
  accepted: (connection: Connection) => void,
  descriptor?: number,
): Promise<ListeningSocket> {
  if (descriptor !== undefined) return new NativeListeningSocket(endpoint, descriptor, parts, accepted);
  if (endpoint.kind === "unix") await makeRoom(endpoint.path);
  const at = await literal(endpoint);
  const bound = bind(at, parts);
  try {
    return new NativeListeningSocket(at, bound, parts, accepted);
  } catch (error) {
    removeFileOf(at);
    throw error;
  }
}

async function literal(endpoint: Endpoint): Promise<Endpoint> {
  if (endpoint.kind === "unix" || isIP(endpoint.host) !== 0) return endpoint;
  const { address } = await lookup(endpoint.host);
  return { ...endpoint, host: address };
}

/** A descriptor that listens there; throws the system's error. */
function bind(endpoint: Endpoint, { libc, names }: DiallingParts): number {
  const name = names.of(endpoint);
  const descriptor = libc.socket(familyOf(name), SOCK_STREAM | SOCK_NONBLOCK_CLOEXEC, 0);
  if (descriptor < 0) throw systemError("listen", libc.errno(), endpoint);
  let isBound = false;
  try {
    if (endpoint.kind === "tcp") libc.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    names.place(name);
    isBound = libc.bind(descriptor, names.address, name.length) === 0;
    if (!isBound) throw systemError("listen", libc.errno(), endpoint);
    if (endpoint.kind === "unix") restrictSocket(endpoint.path);
    if (libc.listen(descriptor, ACCEPT_BACKLOG) < 0) throw systemError("listen", libc.errno(), endpoint);
    return descriptor;
  } catch (error) {
    libc.close(descriptor);
    if (isBound) removeFileOf(endpoint);
    throw error;
  }
}

function removeFileOf(endpoint: Endpoint): void {
  if (endpoint.kind === "unix") removeSocket(endpoint.path);
}

class NativeListeningSocket implements ListeningSocket, AcceptorOwner {
  readonly endpoint: Endpoint;
  readonly #descriptor: number;
  readonly #parts: DiallingParts;
  readonly #accepted: (connection: Connection) => void;
  readonly #acceptor: Acceptor;
  #acceptedCount = 0;
  #isClosed = false;
  #pause: Timer | undefined;

  constructor(
    endpoint: Endpoint,
    descriptor: number,
    parts: DiallingParts,
    accepted: (connection: Connection) => void,
  ) {
    this.#descriptor = descriptor;
    this.#parts = parts;
    this.#accepted = accepted;
    this.endpoint = endpoint.kind === "unix" ? endpoint : { ...endpoint, port: this.#port() };
    // What is accepted inherits it; a socket of another transport has it not.
    if (endpoint.kind === "tcp") parts.libc.setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    this.#acceptor = parts.engine.acceptFrom(descriptor, this);
  }

  get listening(): boolean {
    return !this.#isClosed;
  }

  keepAlive(idleMs: number): void {
    const { libc } = this.#parts;
    if (this.endpoint.kind === "unix" || this.#isClosed) return;
    tuneKeepAlive({ setOption: (...option) => libc.setOption(this.#descriptor, ...option) }, idleMs);
  }

  duplicate(): number {
    // The number may be another socket's by now.
    if (this.#isClosed) throw systemError("listen", EBADF, this.endpoint);
    return duplicateOf(this.#descriptor, this.#parts.libc, this.endpoint);
  }

  async close(how: "served" | "now" | "moved" = "served"): Promise<void> {
    if (how === "served") await emptyAcceptQueue(this, () => this.#acceptQueued());
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pause?.[Symbol.dispose]();
    if (how !== "moved") removeFileOf(this.endpoint);
    this.#acceptor.close(how === "moved");
  }

  accepted(descriptor: number, peer?: SocketName): void {
    const { kind } = this.endpoint;
    this.#acceptedCount += 1;
    this.#parts.settled();
    const connection = new NativeConnection(kind, this.#parts);
    connection.carriedBy(this.#parts.engine.adopt(descriptor, kind, connection), peer);
    this.#accepted(connection);
  }

  short(): void {
    this.#pause = this.#parts.clock.after(SHORTAGE_MS, () => this.#acceptor.resume());
  }

  #acceptQueued(): number {
    if (!this.#isClosed) this.#acceptor.acceptAll(ACCEPT_BACKLOG);
    return this.#acceptedCount;
  }

  #port(): number {
    const { libc, names } = this.#parts;
    names.expect();
    libc.getsockname(this.#descriptor, names.address, names.lengthAddress);
    return names.addressOf(names.read())?.port ?? 0;
  }
}
