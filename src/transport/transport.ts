import type { Endpoint } from "../core/address.ts";

/**
 * What moves the bytes. The rest of the balancer holds Connections and never a socket, so that a second transport with
 * an event loop of its own can take this one's place.
 */
export interface Transport {
  /**
   * Binds and accepts; each Connection belongs to `accepted`, which is given it. Rejects with the system's error (EADDRINUSE …).
   * `descriptor`: of a socket that listens there already, see ListeningSocket.duplicate; it belongs to the new one.
   */
  listen(
    endpoint: Endpoint,
    accepted: (connection: Connection) => void,
    descriptor?: number,
  ): Promise<ListeningSocket>;
  /** Starts a connection attempt to a literal address or a unix path. */
  dial(endpoint: Endpoint, options: DialOptions): Dialling;
  /**
   * Resolves when the endpoint has accepted a connection, which is over then; rejects as a dial. Where this machine allows it, the
   * program behind a TCP endpoint is not told of it.
   */
  knock(endpoint: Endpoint, options: DialOptions): Promise<void>;
  /** Moves bytes both ways until both connections are closed. From here on they belong to the relay. */
  relay(client: Connection, backend: Connection, options: RelayOptions): Relay;
}

/** One listening socket. */
export interface ListeningSocket {
  /** Where it listens, with the real port. */
  readonly endpoint: Endpoint;
  /**
   * From now on the kernel asks silent peers of accepted and relayed connections whether they are still there: after `idleMs`
   * and at most two seconds more, then every 10 s, and the third question without an answer breaks the connection. Infinity,
   * as at first: never. Not on unix sockets.
   */
  keepAlive(idleMs: number): void;
  /**
   * Another descriptor of the same socket, which belongs to the caller: by it, another transport may listen there without a
   * moment in which the kernel refuses clients. Throws the system's error where there is none left.
   */
  duplicate(): number;
  /**
   * Accepts the connections that the kernel has queued, and closes; `now`, also in a later call, leaves them to be reset. `moved`:
   * by a duplicate another goes on with them, and with the file of a unix socket. Accepted connections live on.
   */
  close(how?: "served" | "now" | "moved"): Promise<void>;
}

export interface DialOptions {
  readonly timeoutMs: number;
  /** The source address, an IP of this machine. */
  readonly localAddress?: string | undefined;
  /** As ListeningSocket.keepAlive; default: never. */
  readonly keepAliveMs?: number;
}

/** One connection attempt. */
export interface Dialling {
  /** Resolves with the connection, which belongs to the caller of `dial`; rejects with a DialError. */
  readonly connection: Promise<Connection>;
  /** Gives the attempt up: `connection` rejects with `cancelled`, unless it is settled already. */
  cancel(): void;
}

/**
 * Why a dial failed. `refused`, `timeout` and `unreachable` are the backend's fault; `local` is this machine's own
 * shortage (ports, descriptors, memory), and no backend's fault.
 */
export type DialFailure = "refused" | "timeout" | "unreachable" | "local" | "cancelled";

/** A failed dial; `code` is the system's word where there is one (ECONNREFUSED …). */
export class DialError extends Error {
  constructor(
    readonly failure: DialFailure,
    readonly code?: string,
  ) {
    super(code ?? failure);
  }
}

/** How a peer left: it reset the connection, or it finished sending. */
export type Departure = "reset" | "finished";

/**
 * A byte stream with one peer. It has one owner at a time, which has to end it, and it ends exactly once.
 *
 * It is read from the moment it exists, into a head of its own of at most 64 KiB and one chunk, after which the peer
 * waits; so a peer that leaves early is seen at once. A relay sends the head first.
 */
export interface Connection {
  readonly kind: "tcp" | "unix";
  /** The peer, worked out when first asked for; `undefined` when it had left before that, or on a unix socket. */
  readonly remote: { readonly host: string; readonly port: number } | undefined;
  /** The address the peer connected to, or was dialled from; `undefined` as above. */
  readonly local: { readonly host: string; readonly port: number } | undefined;
  /** Bytes received so far, also bytes that still wait in the head. */
  readonly bytesRead: number;
  /** At least one byte; `undefined` once the peer has finished or left and the head is empty. One read at a time. */
  read(): Promise<Uint8Array | undefined>;
  /** Puts bytes, at least one, back to the front of the head. */
  unread(bytes: Uint8Array): void;
  /** Resolves when the kernel has taken the bytes; rejects when the connection is closed before, or was ended. */
  write(bytes: Uint8Array): Promise<void>;
  /** What was written arrives, then FIN; input is discarded until the peer finishes or 1 s, then it is closed. */
  end(): void;
  /** Closes at once, by RST where the kind of socket has one; never throws, may be called twice. */
  reset(): void;
  /** Calls `left` when the peer leaves, with what it did first, at once where it has left; instead of what a call before has asked for. */
  onceLeft(left: ((how: Departure) => void) | undefined): void;
  /** Its socket is gone. */
  readonly isClosed: boolean;
  /** Resolves when it is. */
  readonly closed: Promise<void>;
}

export interface RelayOptions {
  /** Both ends are closed when nothing was received from either for this long. */
  readonly idleMs: number;
  /** The same, once one side has finished. */
  readonly finMs: number;
  /** Whether one side may finish while the other still sends; otherwise the first to finish ends the session. */
  readonly halfClose: boolean;
  /** Told of what passes by, each at most once. */
  readonly witness?: Witness;
}

/** Is told when the first byte of each side passes, when the backend leaves, and when its connection has ended. */
export interface Witness {
  /** The client's first byte passes. */
  asked(): void;
  /** The backend's first byte passes. */
  answered(): void;
  /** The backend finished or broke off while the client had done neither, and nothing else had ended the relay. */
  hungUp(): void;
  /**
   * The backend's connection is closed; the client's may still be closing. `broke`: the backend reset it before it had
   * sent a byte.
   */
  vacated(broke: boolean): void;
}

/** How a relay ended; `cut`: by a call of `cut`. */
export type Relayed = "done" | "client-reset" | "backend-reset" | "idle" | "fin-timeout" | "cut";

/** Two connections joined. */
export interface Relay {
  /** Resolves when both connections are closed; rejects only with what a witness threw, after which both were reset. */
  readonly done: Promise<Relayed>;
  /** Bytes read from the client. */
  readonly bytesIn: number;
  /** Bytes read from the backend. */
  readonly bytesOut: number;
  /** Bytes read from either side that the kernel has not yet taken for the other. */
  readonly held: number;
  /** Ends both: `end` delivers what was read and sends FIN, `reset` resets both. A later call may only be harsher. */
  cut(how: "end" | "reset"): void;
}
