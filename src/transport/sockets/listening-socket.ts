import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { Endpoint } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import type { Connection, ListeningSocket } from "../transport.ts";
import { SocketConnection } from "./connection.ts";
import { makeRoom, restrictSocket } from "./unix-socket.ts";

/** Node's default of 511 lets a burst wait for seconds: the kernel drops what is above it. */
const BACKLOG = 4_096;

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

  constructor(endpoint: Endpoint, clock: Clock, accepted: (connection: Connection) => void) {
    this.endpoint = endpoint;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#acceptedCount += 1;
      accepted(new SocketConnection(socket, endpoint.kind, clock));
    });
  }

  async open(): Promise<void> {
    const { endpoint } = this;
    if (endpoint.kind === "unix") await makeRoom(endpoint.path);
    const where =
      endpoint.kind === "unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
    this.#server.listen({ ...where, backlog: BACKLOG });
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

  async close(how: "served" | "now" = "served"): Promise<void> {
    if (how === "served") await this.#serveQueued();
    if (this.#server.listening) this.#server.close();
  }

  async #serveQueued(): Promise<void> {
    // Closing resets what waits in the accept queue, and Node accepts one connection a turn: turn until none comes, or
    // until as many have come as can have waited. A deadline would reset them on a busy machine.
    const last = this.#acceptedCount + BACKLOG;
    let before: number;
    do {
      before = this.#acceptedCount;
      await turn();
      await turn();
    } while (this.#server.listening && this.#acceptedCount !== before && this.#acceptedCount < last);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
