import type { Endpoint } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import { IdleSweeps } from "../idle-sweep.ts";
import { libc } from "../native/libc.ts";
import { JoinedRelay } from "../relay.ts";
import type {
  Connection,
  Dialling,
  DialOptions,
  ListeningSocket,
  Relay,
  RelayOptions,
  Transport,
} from "../transport.ts";
import { raiseTrimThreshold } from "./allocator.ts";
import type { SocketConnection } from "./connection.ts";
import { SocketDialling } from "./dialling.ts";
import { listenOnSocket } from "./listening-socket.ts";
import { SourcePorts } from "./source-ports.ts";

/** The Transport over node:net. Its Connections work with no other transport's. */
export class SocketTransport implements Transport {
  readonly #clock: Clock;
  readonly #sourcePorts: SourcePorts;
  readonly #sweeps: IdleSweeps;
  /** For knocks. */
  #hidden: Transport | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweeps = new IdleSweeps(clock);
    this.#sourcePorts = new SourcePorts(clock);
    raiseTrimThreshold();
  }

  listen(
    endpoint: Endpoint,
    accepted: (connection: Connection) => void,
    descriptor?: number,
  ): Promise<ListeningSocket> {
    return listenOnSocket(endpoint, this.#clock, accepted, descriptor);
  }

  dial(endpoint: Endpoint, options: DialOptions): Dialling {
    return new SocketDialling(endpoint, options, { clock: this.#clock, sourcePorts: this.#sourcePorts });
  }

  /** Node has no way to hide it; the C library has. */
  async knock(endpoint: Endpoint, options: DialOptions): Promise<void> {
    if (endpoint.kind === "tcp" && libc() !== undefined) {
      this.#hidden ??= (await import("../native/guest.ts")).guestTransport(this.#clock);
      return this.#hidden.knock(endpoint, options);
    }
    const connection = await this.dial(endpoint, options).connection;
    connection.end();
  }

  relay(client: Connection, backend: Connection, options: RelayOptions): Relay {
    const sweep = this.#sweeps.for(Math.min(options.idleMs, options.finMs));
    return new JoinedRelay(client as SocketConnection, backend as SocketConnection, options, sweep);
  }
}
