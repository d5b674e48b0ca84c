import { connect, type Socket } from "node:net";
import { type Endpoint, formatEndpoint } from "../../core/address.ts";
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
import type { SourcePorts } from "./source-ports.ts";

const dialling = Symbol("dialling");
type DialledSocket = Socket & { [dialling]: SocketDialling | undefined };

/** What diallings are made with. */
export interface DiallingParts {
  readonly clock: Clock;
  readonly sourcePorts: SourcePorts;
}

/** One connection attempt by Node's sockets; from a source address, one after the other until a port is free. */
export class SocketDialling implements Dialling {
  readonly #established = new Deferred<Connection>();
  readonly #clock: Clock;
  readonly #deadline: Timer;
  readonly #endpoint: Endpoint;
  readonly #options: DialOptions;
  /** Undefined: the kernel chooses the port. */
  readonly #ports: Iterator<number, void> | undefined;
  #socket: Socket;
  #connection: SocketConnection;
  #settled = false;

  constructor(endpoint: Endpoint, options: DialOptions, { clock, sourcePorts }: DiallingParts) {
    const { localAddress } = options;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#clock = clock;
    if (localAddress !== undefined && endpoint.kind === "tcp")
      this.#ports = sourcePorts.portsFor(localAddress, formatEndpoint(endpoint));
    this.#socket = this.#dial(this.#ports?.next().value ?? undefined);
    this.#connection = this.#connectionOf(this.#socket);
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
    else if (!isTakenPort(error) || !this.#tryNextPort())
      this.#fail(new DialError(this.#failureOf(error.code), error.code));
  }

  #dial(localPort: number | undefined): Socket {
    const socket = dial(this.#endpoint, this.#options.localAddress, localPort);
    (socket as DialledSocket)[dialling] = this;
    return socket.on("connect", onConnect).on("error", onError);
  }

  /** False where there is none. */
  #tryNextPort(): boolean {
    const port = this.#ports?.next().value ?? undefined;
    if (port === undefined || this.#settled) return false;
    (this.#socket as DialledSocket)[dialling] = undefined;
    this.#socket = this.#dial(port);
    this.#connection = this.#connectionOf(this.#socket);
    return true;
  }

  #connectionOf(socket: Socket): SocketConnection {
    const { kind } = this.#endpoint;
    return new SocketConnection(
      socket,
      kind,
      this.#clock,
      kind === "tcp" ? this.#options.keepAliveMs : Infinity,
    );
  }

  #failureOf(code = ""): DialFailure {
    // From a source address: one of the other family.
    if (code === "EINVAL" && this.#options.localAddress !== undefined) return "local";
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

/** Whether another connection has the port: of the same destination, or bound so that no other may have it. */
function isTakenPort({ code, syscall }: NodeJS.ErrnoException): boolean {
  return code === "EADDRINUSE" || (code === "EADDRNOTAVAIL" && syscall === "connect");
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

function dial(endpoint: Endpoint, localAddress: string | undefined, localPort: number | undefined): Socket {
  if (endpoint.kind === "unix") return connect({ path: endpoint.path, allowHalfOpen: true });
  const { host, port } = endpoint;
  const from = localPort === undefined ? { localAddress } : { localAddress, localPort };
  // Node gives up each address of a name but the last after 250 ms; one literal address has our own deadline instead.
  return connect({ host, port, ...from, autoSelectFamily: false, allowHalfOpen: true });
}
