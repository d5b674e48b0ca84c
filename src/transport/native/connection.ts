import { Buffer } from "node:buffer";
import type { SocketAddress } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import { Deferred } from "../../core/deferred.ts";
import { type Deliverable, Delivery } from "../closing.ts";
import { Head } from "../head.ts";
import type { Joinable, Receiver } from "../joinable.ts";
import { Nagle } from "../nagle.ts";
import type { Departure } from "../transport.ts";
import type { Chunk, Engine, Stream, StreamKind, StreamOwner } from "./engine.ts";
import { tuneKeepAlive } from "./keep-alive.ts";
import { IPPROTO_TCP, TCP_NODELAY } from "./linux.ts";
import type { SocketName, SocketNames } from "./socket-name.ts";

const NOTHING = new Uint8Array(0);

/** What connections are made with. */
export interface ConnectionParts {
  readonly clock: Clock;
  readonly engine: Engine;
  readonly names: SocketNames;
  /**
   * Says that what happens in this step may have settled a promise, or may run what is not of the transport. Bytes and ends that
   * only go from one side of a relay to the other are never told.
   */
  readonly settled: () => void;
}

/** Is told how a connection came about. */
export interface Opening {
  /** `errno` as StreamOwner.connected. */
  opened(errno: number): void;
}

/** A Connection over a stream of an engine. */
export class NativeConnection implements Joinable<Chunk>, Deliverable, StreamOwner {
  bytesRead = 0;
  peerFinished = false;
  isUnwritable = false;
  isClosed = false;
  /** What was taken from the kernel is passed on at once. */
  readonly withheld = 0;
  readonly kind: StreamKind;
  readonly #parts: ConnectionParts;
  #stream!: Stream;
  #opening: Opening | undefined;
  #isBroken = false;
  #isFinSent = false;
  /** It was closed, and an engine may give the descriptor back some steps later. */
  #isClosing = false;
  /** The receiver knows that it is closed. */
  #isOver = false;
  /** Made when a byte first waits or is waited for, and let go of when a relay takes over. */
  #head: Head | undefined;
  #receiver: Receiver<Chunk> | undefined;
  #delivery: Delivery | undefined;
  #written: Deferred<void> | undefined;
  #departure: Departure | undefined;
  #left: ((how: Departure) => void) | undefined;
  #closed: Deferred<void> | undefined;
  #remoteName: SocketName | undefined;
  #remote: SocketAddress | undefined;
  /** Undefined where it is turned off. */
  #nagle: Nagle | undefined;
  #keepAliveMs: number;

  /** `dialled`: what its socket has yet to be told; one that was accepted has inherited it. */
  constructor(kind: StreamKind, parts: ConnectionParts, dialled?: { readonly keepAliveMs: number }) {
    const untold = kind === "tcp" ? dialled : undefined;
    this.kind = kind;
    this.#parts = parts;
    this.#nagle = untold && new Nagle();
    this.#keepAliveMs = untold?.keepAliveMs ?? Infinity;
  }

  /** Gives it its stream, whose owner it is, and the peer's name where that is known; before anything else is asked of it. */
  carriedBy(stream: Stream, peer?: SocketName, opening?: Opening): void {
    this.#stream = stream;
    this.#remoteName = peer;
    this.#opening = opening;
  }

  get remote(): SocketAddress | undefined {
    this.#remoteName ??= this.#stream.nameOf("remote");
    if (this.#remoteName === undefined) return undefined;
    this.#remote ??= this.#parts.names.addressOf(this.#remoteName);
    return this.#remote;
  }

  get local(): SocketAddress | undefined {
    const name = this.#stream.nameOf("local");
    return name && this.#parts.names.addressOf(name);
  }

  onceLeft(left: ((how: Departure) => void) | undefined): void {
    if (this.#departure === undefined) this.#left = left;
    else left?.(this.#departure);
  }

  get closed(): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    this.#closed ??= new Deferred();
    return this.#closed.promise;
  }

  get queued(): number {
    return this.#stream.queued;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#neededHead().read();
  }

  unread(bytes: Uint8Array): void {
    this.#neededHead().unread(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#isClosing || this.isUnwritable || this.#delivery !== undefined || this.#isFinSent)
      return Promise.reject(new Error("the connection was ended"));
    this.#stage(bytes, (chunk) => this.send(chunk));
    if (this.#isClosing || this.isUnwritable) return Promise.reject(new Error("the peer has left"));
    if (this.queued === 0) return Promise.resolve();
    this.#written ??= new Deferred();
    return this.#written.promise;
  }

  send(chunk: Chunk): boolean {
    if (this.#nagle?.couldHold(chunk.length)) this.#turnNagleOff();
    return this.#stream.send(chunk);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  keepAlive(): void {
    if (this.#keepAliveMs === Infinity) return;
    tuneKeepAlive(this.#stream, this.#keepAliveMs);
    this.#keepAliveMs = Infinity;
  }

  finish(): void {
    this.#stream.finish();
  }

  end(): void {
    this.#deliver("end");
  }

  close(): void {
    this.#deliver("close");
  }

  reset(): void {
    this.#isClosing = true;
    this.#stream.close("reset");
  }

  destroy(): void {
    this.#isClosing = true;
    this.#stream.close("end");
  }

  join(receiver: Receiver<Chunk>): void {
    this.#receiver = receiver;
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined) this.#pour(head, receiver);
    if (this.isUnwritable && !this.#isOver) receiver.unwritable();
    if (this.peerFinished && !this.#isOver) receiver.finished();
    if (this.isClosed) this.#tellOver();
  }

  connected(errno: number): void {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening !== undefined) opening.opened(errno);
    else if (errno !== 0) this.broken();
  }

  received(chunk: Chunk): void {
    if (this.#delivery !== undefined) return;
    this.bytesRead += chunk.length;
    if (this.#receiver !== undefined) this.#receiver.received(chunk);
    else this.#keep(chunk);
  }

  get onward(): Stream | undefined {
    const next = this.#delivery === undefined ? this.#receiver?.onward : undefined;
    return next === undefined ? undefined : (next as NativeConnection).#stream;
  }

  passed(bytes: number): void {
    this.bytesRead += bytes;
  }

  finished(): void {
    this.peerFinished = true;
    this.#depart("finished");
    this.#receiver?.finished();
    if (this.#isFinSent) this.destroy();
  }

  drained(): void {
    this.#settleWrites((written) => written.resolve());
    this.#receiver?.drained();
  }

  finSent(): void {
    this.#isFinSent = true;
    if (this.peerFinished) this.destroy();
    else this.#delivery?.delivered();
  }

  unwritable(): void {
    this.isUnwritable = true;
    this.#isBroken = true;
    this.#failWrites();
    // A peer that was only to be told something is gone; any other may have answered before, also before a relay.
    if (this.#delivery !== undefined) this.destroy();
    else this.#receiver?.unwritable();
  }

  broken(): void {
    this.#isBroken = true;
    this.destroy();
  }

  gone(): void {
    this.isClosed = true;
    this.#delivery?.[Symbol.dispose]();
    this.#failWrites();
    this.#parts.settled();
    this.#depart("reset");
    this.#tellOver();
    this.#closed?.resolve();
  }

  #turnNagleOff(): void {
    this.#nagle = undefined;
    this.#stream.setOption(IPPROTO_TCP, TCP_NODELAY, 1);
  }

  #neededHead(): Head {
    this.#head ??= new Head(this, this.#departure !== undefined);
    return this.#head;
  }

  #keep(chunk: Chunk): void {
    this.#parts.settled();
    this.#neededHead().hold(Buffer.from(chunk.view()));
  }

  #pour(head: Head, receiver: Receiver<Chunk>): void {
    for (const bytes of head.take()) this.#stage(bytes, (chunk) => receiver.received(chunk));
    head.complete();
  }

  /** Gives bytes, chunk by chunk, where the kernel can read them. */
  #stage(bytes: Uint8Array, give: (chunk: Chunk) => void): void {
    let rest = bytes;
    while (rest.length > 0) {
      const chunk = this.#parts.engine.stage(rest);
      rest = chunk.length === rest.length ? NOTHING : rest.subarray(chunk.length);
      give(chunk);
    }
  }

  #deliver(way: "end" | "close"): void {
    if (this.isClosed || this.#delivery !== undefined) return;
    this.#head?.take();
    // There is nothing left to deliver, and no peer that could see FIN.
    if (this.isUnwritable) {
      this.destroy();
      return;
    }
    this.#delivery = new Delivery(this, this.#parts.clock, way);
    this.#stream.resume();
    if (this.#isFinSent) this.#delivery.delivered();
    else this.#stream.finish();
  }

  #tellOver(): void {
    if (this.#receiver === undefined || this.#isOver) return;
    this.#isOver = true;
    this.#receiver.closed(this.#isBroken);
  }

  #failWrites(): void {
    this.#settleWrites((written) => written.reject(new Error("the connection is closed")));
  }

  #settleWrites(settle: (written: Deferred<void>) => void): void {
    if (this.#written === undefined) return;
    settle(this.#written);
    this.#written = undefined;
    this.#parts.settled();
  }

  #depart(how: Departure): void {
    if (this.#departure !== undefined) return;
    this.#departure = how;
    // A relay needs no word of it.
    if (this.#receiver === undefined) this.#parts.settled();
    this.#head?.complete();
    this.#left?.(how);
  }
}
