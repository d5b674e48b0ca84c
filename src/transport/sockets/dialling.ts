import { connect, type Socket } from "node:net";
import type { Endpoint } from "../../core/address.ts";
import type { Clock, Timer } from "../../core/clock.ts";
import { Deferred } from "../../core/deferred.ts";
import {
  type Connection,
  DialError,
  type DialFailure,
  type Dialling,
  type DialOptions,
} from "../transport.ts";
import { SocketConnection } from "./connection.ts";

const FAILURES: Readonly<Record<string, DialFailure>> = {
  ECONNREFUSED: "refused",
  // A unix socket whose file is not there.
  ENOENT: "refused",
  ETIMEDOUT: "timeout",
  EADDRNOTAVAIL: "local",
  EADDRINUSE: "local",
  // A source address of the other family.
  EINVAL: "local",
  EMFILE: "local",
  ENFILE: "local",
  ENOBUFS: "local",
  ENOMEM: "local",
};

/** One connection attempt by Node's sockets. */
export class SocketDialling implements Dialling {
  readonly #established = new Deferred<Connection>();
  readonly #socket: Socket;
  readonly #deadline: Timer;
  readonly #port: number | undefined;
  #settled = false;

  constructor(endpoint: Endpoint, options: DialOptions, clock: Clock) {
    this.#port = endpoint.kind === "tcp" ? endpoint.port : undefined;
    this.#socket = dial(endpoint, options);
    const connection = new SocketConnection(this.#socket, endpoint.kind, clock);
    this.#socket.once("connect", () => this.#succeed(connection));
    this.#socket.once("error", (error: NodeJS.ErrnoException) => {
      // Only a connection that stood can be reset: the backend had accepted it.
      if (error.code === "ECONNRESET") this.#succeed(connection);
      else this.#fail(new DialError(FAILURES[error.code ?? ""] ?? "unreachable", error.code));
    });
    this.#deadline = clock.after(options.timeoutMs, () => this.#fail(new DialError("timeout")));
  }

  get connection(): Promise<Connection> {
    return this.#established.promise;
  }

  cancel(): void {
    this.#fail(new DialError("cancelled"));
  }

  #succeed(connection: Connection): void {
    if (this.#port !== undefined && isSelfConnected(this.#socket, this.#port))
      this.#fail(new DialError("refused"));
    else if (this.#settle()) this.#established.resolve(connection);
  }

  #fail(error: DialError): void {
    if (!this.#settle()) return;
    this.#socket.destroy();
    this.#established.reject(error);
  }

  #settle(): boolean {
    const first = !this.#settled;
    this.#settled = true;
    this.#deadline[Symbol.dispose]();
    return first;
  }
}

/**
 * Whether a socket is connected to itself: where nobody listens on a port of this machine that is also an ephemeral one,
 * the kernel may give the dial that very port, and TCP's simultaneous open succeeds (RFC 9293 §3.5).
 */
export function isSelfConnected(socket: Socket, dialledPort: number): boolean {
  // The address is asked for only where the port is the same: each is a system call.
  return socket.localPort === dialledPort && socket.localAddress === socket.remoteAddress;
}

function dial(endpoint: Endpoint, { localAddress }: DialOptions): Socket {
  if (endpoint.kind === "unix") return connect({ path: endpoint.path, allowHalfOpen: true });
  const { host, port } = endpoint;
  // Node would give each address of a name but the last 250 ms; one literal address is dialled, with our own deadline.
  return connect({ host, port, localAddress, autoSelectFamily: false, allowHalfOpen: true, noDelay: true });
}
