import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { ACCEPT_BACKLOG, emptyAcceptQueue } from "../../core/accept-queue.ts";
import type { Endpoint } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import type { Connection, ListeningSocket } from "../transport.ts";
import { SocketConnection } from "./connection.ts";
import { inheritKeepAlive } from "./keep-alive.ts";
import { makeRoom, restrictSocket } from "./unix-socket.ts";

/** Binds and listens; see Transport.listen. */
export async function listenOnSocket(
  endpoint: Endpoint,
  clock: Clock,
  accepted: (connection: Connection) => void,
): Promise<ListeningSocket> {
  const listening = new NodeListeningSocket(endpoint, clock, accepted);
  await listening.open();
  return listening;
}

class NodeListeningSocket implements ListeningSocket {
  endpoint: Endpoint;
  readonly #server: Server;
  #acceptedCount = 0;
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
    this.#server.listen({ ...where, backlog: ACCEPT_BACKLOG });
    await once(this.#server, "listening");
    // A client that leaves while it is accepted must not end the process.
    this.#server.on("error", () => {});
    if (endpoint.kind === "unix") this.#restrict(endpoint.path);
    else this.endpoint = { ...endpoint, port: (this.#server.address() as AddressInfo).port };
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

  async close(how: "served" | "now" = "served"): Promise<void> {
    if (how === "served") await emptyAcceptQueue(this.#server, () => this.#acceptedCount);
    if (this.#server.listening) this.#server.close();
  }
}
