import type { SocketName } from "./socket-name.ts";

/** Bytes where the kernel can read them, valid during the call that gives them. */
export interface Chunk {
  readonly address: number;
  readonly length: number;
  /** The same bytes from the `from`th on, where they are. */
  view(from?: number): Buffer;
}

/** Is told of one stream. Each of its functions may close the stream, and then nothing more is told but `gone`. */
export interface StreamOwner {
  /** The stream is connected; or, where `errno` is not 0, is not and never will be. */
  connected(errno: number): void;
  received(chunk: Chunk): void;
  /** The stream to which all that is received is sent as it is, if there is one: an engine may do that by itself. */
  readonly onward: Stream | undefined;
  /** So many bytes were received and sent onward, or wait there. */
  passed(bytes: number): void;
  /** The peer has sent FIN, and all before it was received. */
  finished(): void;
  /** The kernel has taken everything that was queued. */
  drained(): void;
  /** The kernel has taken everything, and the FIN behind it. */
  finSent(): void;
  /** The peer takes nothing more; what it has sent is still received, up to `finished` or `broken`. */
  unwritable(): void;
  /** The connection is broken; the stream is still to be closed. */
  broken(errno: number): void;
  /** The descriptor is given back. */
  gone(): void;
}

/** One connected descriptor, whose bytes an engine moves. It is received from until it is paused. */
export interface Stream {
  /** Bytes that wait for the kernel. */
  readonly queued: number;
  /** Sends what the kernel takes; the rest is copied and waits. False where the sender should wait for `drained`. */
  send(chunk: Chunk): boolean;
  /** Receives nothing more until `resume`, which never calls back at once; what the kernel has given by then is still told. */
  pause(): void;
  resume(): void;
  /** Sends FIN behind what waits. */
  finish(): void;
  /** Gives the descriptor back: the kernel delivers what it has taken, or breaks off by RST where the kind of socket has one. */
  close(how: "end" | "reset"): void;
  /** Both addresses as the kernel has them now. */
  nameOf(side: "local" | "remote"): SocketName | undefined;
  /** Sets an option of the socket; false where it is gone or the kernel refuses. */
  setOption(level: number, option: number, value: number): boolean;
}

/** Is told of one listening descriptor. */
export interface AcceptorOwner {
  /** A descriptor that belongs to the owner now; `peer` where the kernel has said who it is, who may have left by now. */
  accepted(descriptor: number, peer?: SocketName): void;
  /** None could be accepted for want of memory or descriptors; the acceptor is paused. */
  short(): void;
}

/** One listening descriptor, from which an engine accepts. */
export interface Acceptor {
  /** Accepts what the kernel has queued; how many there were. */
  acceptAll(most: number): number;
  /** Accepts again after `short`. */
  resume(): void;
  /** Gives the descriptor back, and accepts nothing more; where that is moved, another descriptor of the socket goes on. */
  close(isMoved: boolean): void;
}

/**
 * Moves the bytes of this thread's descriptors. It works in steps that its driver takes; between two of them it does
 * nothing but what is asked of its streams. An engine may act on readiness or on completions: who owns a stream cannot tell.
 * An owner that throws ends no step: the driver is told of a defect, and what else the step found is done.
 */
export interface Engine {
  /** Readable while the kernel has something for a step. */
  readonly fd: number;
  /** How the sockets are opened that it connects, beside their type (socket(2)). */
  readonly socketFlags: number;
  /** Whether a step has something to do without waiting for the kernel. */
  readonly isDue: boolean;
  /** Puts bytes where the kernel can read them, until the next call: as many as there is room for. */
  stage(bytes: Uint8Array): Chunk;
  /**
   * Waits until there is something to do, `timeoutMs` at most, a whole number, and does it; how much there was. A signal may
   * end the wait early. `nowMs`: the driver's time, for one that waits.
   */
  step(timeoutMs: number, nowMs?: number): number;
  /**
   * Calls `readable` in each step in which this descriptor may be read, as long as it may be; it stays its owner's, and is not
   * in the engine's care.
   */
  watch(descriptor: number, readable: () => void): void;
  /** Takes a listening descriptor into its care. Throws the system's error where the kernel refuses, and closes it then. */
  acceptFrom(descriptor: number, owner: AcceptorOwner): Acceptor;
  /** Takes a connected descriptor into its care. */
  adopt(descriptor: number, kind: StreamKind, owner: StreamOwner): Stream;
  /** Connects a descriptor that it takes into its care. Its owner is told `connected` later, also of a failure at once. */
  connect(descriptor: number, kind: StreamKind, name: SocketName, owner: StreamOwner): Stream;
}

export type StreamKind = "tcp" | "unix";

/** What an engine tells its driver, besides what its descriptor tells. */
export interface EngineEvents {
  /** A step has something to do. */
  due(): void;
  /** A step has waited, and is about to tell what came. */
  woke(): void;
  /** It has descriptors in its care, or none any more. */
  occupied(isOccupied: boolean): void;
  /** Streams were connected: what waits for that may go on before other streams, of which there are some, tell what has come for them. */
  opened(): void;
  /** An owner threw. */
  defect(error: unknown): void;
}
