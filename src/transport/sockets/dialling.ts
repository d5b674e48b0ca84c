import { connect, type Socket } from "node:net";
import type { Endpoint } from "../../core/address.ts";
import type { Clock, Timer } from "../../core/clock.ts";
import { Deferred } from "../../core/deferred.ts";
import { systemErrors } from "../../core/system-errors.ts";
import {
  type Connection,
  DialError,
  type DialFailure,
  type Dialling,
  type DialOptions,
} from "../transport.ts";
import { SocketConnection } from "./connection.ts";
import { isEphemeral } from "./ephemeral-ports.ts";

const dialling = Symbol("dialling");
type DialledSocket = Socket & { [dialling]: SocketDialling | undefined };

/** One connection attempt by Node's sockets. */
export class SocketDialling implements Dialling {
  readonly #established = new Deferred<Connection>();
  readonly #socket: Socket;
  readonly #connection: SocketConnection;
  readonly #deadline: Timer;
  readonly #endpoint: Endpoint;
  readonly #hasSource: boolean;
  #settled = false;

  constructor(endpoint: Endpoint, options: DialOptions, clock: Clock) {
    this.#endpoint = endpoint;
    this.#hasSource = options.localAddress !== undefined;
    this.#socket = dial(endpoint, options);
    this.#connection = new SocketConnection(this.#socket, endpoint.kind, clock);
    (this.#socket as DialledSocket)[dialling] = this;
    this.#socket.on("connect", onConnect).on("error", onError);
    this.#deadline = clock.after(options.timeoutMs, () => this.#fail(new DialError("timeout")));
  }

  get connection(): Promise<Connection> {
    return this.#established.promise;
  }

  cancel(): void {
    this.#fail(new DialError("cancelled"));
  }

  onConnect(): void {
    if (isSelfConnected(this.#socket, this.#endpoint)) this.#fail(new DialError("refused"));
    else if (this.#settle()) this.#established.resolve(this.#connection);
  }

  onError(error: NodeJS.ErrnoException): void {
    // Only an established connection can be reset: the backend had accepted it.
    if (error.code === "ECONNRESET") this.onConnect();
    else this.#fail(new DialError(this.#failureOf(error.code), error.code));
  }

  #failureOf(code = ""): DialFailure {
    // From a source address: one of the other family.
    if (code === "EINVAL" && this.#hasSource) return "local";
    return systemErrors[code]?.dial ?? "unreachable";
  }

  #fail(error: DialError): void {
    if (!this.#settle()) return;
    this.#socket.destroy();
    this.#established.reject(error);
  }

  #settle(): boolean {
    const first = !this.#settled;
    this.#settled = true;
    (this.#socket as DialledSocket)[dialling] = undefined;
    this.#deadline[Symbol.dispose]();
    return first;
  }
}

function onConnect(this: Socket): void {
  (this as DialledSocket)[dialling]?.onConnect();
}
function onError(this: Socket, error: NodeJS.ErrnoException): void {
  (this as DialledSocket)[dialling]?.onError(error);
}

/**
 * Whether a socket is connected to itself: where an ephemeral port of this machine is dialled and no process listens on
 * it, the kernel may give the dial that very port, and TCP's simultaneous open succeeds (RFC 9293 §3.5).
 */
export function isSelfConnected(socket: Socket, dialled: Endpoint): boolean {
  // Each question to the socket is a system call, and services seldom listen on such ports.
  if (dialled.kind === "unix" || !isEphemeral(dialled.port)) return false;
  return socket.localPort === dialled.port && socket.localAddress === socket.remoteAddress;
}

function dial(endpoint: Endpoint, { localAddress }: DialOptions): Socket {
  if (endpoint.kind === "unix") return connect({ path: endpoint.path, allowHalfOpen: true });
  const { host, port } = endpoint;
  // Node gives up each address of a name but the last after 250 ms; one literal address has our own deadline instead.
  return connect({ host, port, localAddress, autoSelectFamily: false, allowHalfOpen: true });
}
