import type { Closable } from "./closing.ts";
import type { Connection } from "./transport.ts";

/** Takes over what a connection receives, once it is joined to another. */
export interface Receiver<Chunk> {
  received(chunk: Chunk): void;
  /** The connection to which it sends all that is received, once it has nothing else to do with it. */
  readonly onward: Joinable<Chunk> | undefined;
  /** The peer has sent FIN. */
  finished(): void;
  /** The kernel has taken everything that was sent. */
  drained(): void;
  /** The peer takes nothing more; what it has sent is still received, up to `finished` or `closed`. */
  unwritable(): void;
  /** The socket is gone; `broken`: by an error, such as the peer's reset. */
  closed(broken: boolean): void;
}

/** A Connection that a relay can join to another of its kind. A `Chunk` is what both receive and send; it is valid during the call alone. */
export interface Joinable<Chunk> extends Connection, Closable {
  /** The peer has sent FIN, and everything before it was received. */
  readonly peerFinished: boolean;
  /** The peer takes nothing more; what it has sent is still received. */
  readonly isUnwritable: boolean;
  /** Bytes that were written and that the kernel has not taken yet. */
  readonly queued: number;
  /** Bytes that were taken from the kernel and wait here while the connection is paused. */
  readonly withheld: number;
  /** Gives everything received from now on to `receiver`, the head first. */
  join(receiver: Receiver<Chunk>): void;
  /** Writes without saying when; false where the sender should wait for `drained`. */
  send(chunk: Chunk): boolean;
  /** Receives nothing more until `resume`, so that the peer has to wait. */
  pause(): void;
  resume(): void;
  /** From now on the kernel asks a silent peer as its listening socket or dial was told; later calls change nothing. */
  keepAlive(): void;
}
