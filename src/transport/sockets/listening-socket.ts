import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { ACCEPT_BACKLOG, emptyAcceptQueue } from "../../core/accept-queue.ts";
import type { Endpoint } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import { duplicateOf } from "../native/duplicate.ts";
import { libc } from "../native/libc.ts";
import type { Connection, ListeningSocket } from "../transport.ts";
import { keepingSocket, makeRoom, removeSocket, restrictSocket } from "../unix-socket.ts";
import { SocketConnection } from "./connection.ts";
import { descriptorOf, inheritKeepAlive } from "./keep-alive.ts";

/** Binds and listens; see Transport.listen. */
export async function listenOnSocket(
  endpoint: Endpoint,
  clock: Clock,
  accepted: (connection: Connection) => void,
  descriptor?: number,
): Promise<ListeningSocket> {
  const listening = new NodeListeningSocket(endpoint, clock, accepted);
  await (descriptor === undefined ? listening.open() : listening.openBy(descriptor));
  return listening;
}

class NodeListeningSocket implements ListeningSocket {
  endpoint: Endpoint;
  readonly #server: Server;
  #acceptedCount = 0;
  #isInherited = false;
  /** What each accepted connection has to be told, where it does not inherit it. */
  #keepAliveMs = Infinity;

  constructor(endpoint: Endpoint, clock: Clock, accepted: (connection: Connection) => void) {
    this.endpoint = endpoint;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#acceptedCount += 1;
      accepted(new SocketConnection(socket, endpoint.kind, clock, this.#keepAliveMs));
    });
  }

  async open(): Promise<void> {
    const { endpoint } = this;
    if (endpoint.kind === "unix") await makeRoom(endpoint.path);
    const where =
      endpoint.kind === "unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
    await this.#listening(this.#server.listen({ ...where, backlog: ACCEPT_BACKLOG }));
    if (endpoint.kind === "unix") this.#restrict(endpoint.path);
    else this.endpoint = { ...endpoint, port: (this.#server.address() as AddressInfo).port };
  }

  /** By a descriptor that listens there already. */
  async openBy(descriptor: number): Promise<void> {
    this.#isInherited = true;
    await this.#listening(this.#server.listen({ fd: descriptor }, ACCEPT_BACKLOG));
  }

  async #listening(server: Server): Promise<void> {
    await once(server, "listening");
    // A client that leaves while it is accepted must not end the process.
    server.on("error", () => {});
  }

  #restrict(path: string): void {
    try {
      restrictSocket(path);
    } catch (error) {
      this.#server.close();
      throw error;
    }
  }

  keepAlive(idleMs: number): void {
    if (this.endpoint.kind === "unix") return;
    this.#keepAliveMs = inheritKeepAlive(this.#server, idleMs) ? Infinity : idleMs;
  }

  duplicate(): number {
    const [library, descriptor] = [libc(), descriptorOf(this.#server)];
    if (library === undefined || descriptor === undefined)
      throw new Error("there is no C library to duplicate a listening socket with");
    return duplicateOf(descriptor, library, this.endpoint);
  }

  async close(how: "served" | "now" | "moved" = "served"): Promise<void> {
    if (how === "served") await emptyAcceptQueue(this.#server, () => this.#acceptedCount);
    if (!this.#server.listening) return;
    const { endpoint } = this;
    if (endpoint.kind === "tcp") this.#server.close();
    else this.#closeOn(endpoint.path, how);
  }

  /** Node removes the file of a socket that it bound, and no other. */
  #closeOn(path: string, how: "served" | "now" | "moved"): void {
    if (how === "moved" && !this.#isInherited) keepingSocket(path, () => this.#server.close());
    else {
      this.#server.close();
      if (how !== "moved") removeSocket(path);
    }
  }
}
