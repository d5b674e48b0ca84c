import type { Endpoint } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import { IdleSweeps } from "../idle-sweep.ts";
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
import type { NativeConnection } from "./connection.ts";
import { type DiallingParts, NativeDialling } from "./dialling.ts";
import type { Engine } from "./engine.ts";
import { knock } from "./knock.ts";
import type { Libc } from "./libc.ts";
import { listenNatively } from "./listening-socket.ts";
import { SocketNames } from "./socket-name.ts";

/** The Transport that makes the system calls itself, by an engine. Its Connections work with no other transport's. */
export class NativeTransport implements Transport {
  readonly #parts: DiallingParts;
  readonly #sweeps: IdleSweeps;

  /** The engine's driver is another's to run; transports may share one. `settled`: see ConnectionParts. */
  constructor(clock: Clock, libc: Libc, engine: Engine, settled: () => void = () => {}) {
    this.#parts = { clock, libc, engine, settled, names: new SocketNames(libc) };
    this.#sweeps = new IdleSweeps(clock);
  }

  listen(
    endpoint: Endpoint,
    accepted: (connection: Connection) => void,
    descriptor?: number,
  ): Promise<ListeningSocket> {
    return listenNatively(endpoint, this.#parts, accepted, descriptor);
  }

  dial(endpoint: Endpoint, options: DialOptions): Dialling {
    return new NativeDialling(endpoint, options, this.#parts);
  }

  knock(endpoint: Endpoint, options: DialOptions): Promise<void> {
    return knock(endpoint, options, this.#parts);
  }

  relay(client: Connection, backend: Connection, options: RelayOptions): Relay {
    const sweep = this.#sweeps.for(Math.min(options.idleMs, options.finMs));
    const { settled } = this.#parts;
    return new JoinedRelay(client as NativeConnection, backend as NativeConnection, options, sweep, settled);
  }
}
