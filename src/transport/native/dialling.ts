import type { Endpoint } from "../../core/address.ts";
import type { Timer } from "../../core/clock.ts";
import { Deferred } from "../../core/deferred.ts";
import { dialError } from "../dial-error.ts";
import { isEphemeral } from "../ephemeral-ports.ts";
import { type Connection, DialError, type Dialling, type DialOptions } from "../transport.ts";
import { type ConnectionParts, NativeConnection, type Opening } from "./connection.ts";
import type { Libc } from "./libc.ts";
import {
  EINVAL,
  IP_BIND_ADDRESS_NO_PORT,
  IPPROTO_IP,
  IPPROTO_TCP,
  SOCK_STREAM,
  TCP_QUICKACK,
} from "./linux.ts";
import { familyOf, type SocketName } from "./socket-name.ts";
import { codeOf } from "./system-error.ts";

/** What diallings are made with. */
export interface DiallingParts extends ConnectionParts {
  readonly libc: Libc;
}

/** What an attempt is asked for. */
interface NativeDialOptions extends DialOptions {
  /** It will be reset as soon as it stands, and until then the other side is not to know that it does. */
  readonly isHidden?: boolean;
}

/** One connection attempt by an engine. */
export class NativeDialling implements Dialling, Opening {
  readonly #established = new Deferred<Connection>();
  readonly #endpoint: Endpoint;
  readonly #options: NativeDialOptions;
  readonly #parts: DiallingParts;
  #connection: NativeConnection | undefined;
  #deadline: Timer | undefined;
  #settled = false;

  constructor(endpoint: Endpoint, options: NativeDialOptions, parts: DiallingParts) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#parts = parts;
    const name = parts.names.of(endpoint);
    const descriptor = this.#socket(name);
    if (descriptor === undefined) return;
    this.#connection = this.#connect(descriptor, name);
    this.#deadline = parts.clock.after(options.timeoutMs, () => this.#fail(new DialError("timeout")));
  }

  get connection(): Promise<Connection> {
    return this.#established.promise;
  }

  cancel(): void {
    this.#fail(new DialError("cancelled"));
  }

  opened(errno: number): void {
    if (errno !== 0) this.#fail(this.#errorOf(errno));
    else if (this.#isSelfConnected()) this.#fail(new DialError("refused"));
    else if (this.#settle()) this.#established.resolve(this.#connection as Connection);
  }

  /** A socket that is ready to be connected; undefined where there is none, and the dial has failed. */
  #socket(name: SocketName): number | undefined {
    const { libc, engine } = this.#parts;
    const descriptor = libc.socket(familyOf(name), SOCK_STREAM | engine.socketFlags, 0);
    if (descriptor < 0) return this.#fail(this.#errorOf(libc.errno()));
    if (this.#endpoint.kind === "unix") return descriptor;
    if (this.#options.isHidden) libc.setOption(descriptor, IPPROTO_TCP, TCP_QUICKACK, 0);
    const errno = this.#bind(descriptor, name);
    if (errno === 0) return descriptor;
    libc.close(descriptor);
    return this.#fail(this.#errorOf(errno));
  }

  /** The port is left open until the kernel knows the destination, so that two of them may have the same (ip(7)). */
  #bind(descriptor: number, to: SocketName): number {
    const { localAddress } = this.#options;
    if (localAddress === undefined) return 0;
    const { libc, names } = this.#parts;
    const from = names.ofHost(localAddress, 0);
    if (familyOf(from) !== familyOf(to)) return EINVAL;
    libc.setOption(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    names.place(from);
    return libc.bind(descriptor, names.address, from.length) === 0 ? 0 : libc.errno();
  }

  #connect(descriptor: number, name: SocketName): NativeConnection {
    const { kind } = this.#endpoint;
    const { keepAliveMs = Infinity } = this.#options;
    const connection = new NativeConnection(kind, this.#parts, { keepAliveMs });
    connection.carriedBy(this.#parts.engine.connect(descriptor, kind, name, connection), name, this);
    return connection;
  }

  /**
   * Whether it is connected to itself: where an ephemeral port of this machine is dialled and no process listens on it, the
   * kernel may give the dial that very port, and TCP's simultaneous open succeeds (RFC 9293 §3.5).
   */
  #isSelfConnected(): boolean {
    const endpoint = this.#endpoint;
    if (endpoint.kind === "unix" || !isEphemeral(endpoint.port)) return false;
    const local = this.#connection?.local;
    return local?.port === endpoint.port && local.host === endpoint.host;
  }

  #errorOf(errno: number): DialError {
    return dialError(codeOf(errno), this.#options);
  }

  #fail(error: DialError): undefined {
    if (!this.#settle()) return;
    this.#connection?.destroy();
    this.#established.reject(error);
  }

  #settle(): boolean {
    const first = !this.#settled;
    this.#settled = true;
    this.#parts.settled();
    this.#deadline?.[Symbol.dispose]();
    return first;
  }
}
