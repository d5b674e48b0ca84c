import type { Socket } from "node:net";
import type { SocketAddress } from "../../core/address.ts";
import type { Clock } from "../../core/clock.ts";
import { Deferred } from "../../core/deferred.ts";
import { type Deliverable, Delivery } from "../closing.ts";
import { Head } from "../head.ts";
import type { Joinable, Receiver } from "../joinable.ts";
import { Nagle } from "../nagle.ts";
import type { Departure } from "../transport.ts";
import { keepAlive } from "./keep-alive.ts";
import { askPeer, PresenceCheck } from "./presence.ts";
import { resetSocket } from "./reset.ts";
import { listenTo, type SocketListener, stopListening } from "./socket-events.ts";

/** A Connection over a TCP or unix socket of Node, made with `allowHalfOpen`. It has one set of listeners all its life. */
export class SocketConnection implements Joinable<Buffer>, Deliverable, SocketListener {
  bytesRead = 0;
  peerFinished = false;
  isUnwritable = false;
  isClosed = false;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #isBroken = false;
  /** Made when a byte first waits or is waited for, and let go of when a relay takes over. */
  #head: Head | undefined;
  #receiver: Receiver<Buffer> | undefined;
  #presence: PresenceCheck | undefined;
  #delivery: Delivery | undefined;
  #departure: Departure | undefined;
  #left: ((how: Departure) => void) | undefined;
  #closed: Deferred<void> | undefined;
  #remote: SocketAddress | undefined;
  #keepAliveMs: number;
  /** Undefined where it is turned off. */
  #nagle: Nagle | undefined = new Nagle();

  /** `kind`: what the socket is; only TCP knows resets. `keepAliveMs`: for `keepAlive`. */
  constructor(
    socket: Socket,
    readonly kind: "tcp" | "unix",
    clock: Clock,
    keepAliveMs = Infinity,
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#keepAliveMs = keepAliveMs;
    listenTo(socket, this);
  }

  get remote(): SocketAddress | undefined {
    if (this.#remote !== undefined) return this.#remote;
    const { remoteAddress: host, remotePort: port } = this.#socket;
    this.#remote = host === undefined || port === undefined ? undefined : { host, port };
    return this.#remote;
  }

  get local(): SocketAddress | undefined {
    const { localAddress: host, localPort: port } = this.#socket;
    return host === undefined || port === undefined ? undefined : { host, port };
  }

  onceLeft(left: ((how: Departure) => void) | undefined): void {
    if (this.#departure === undefined) this.#left = left;
    else left?.(this.#departure);
  }

  get closed(): Promise<void> {
    if (this.#closed === undefined) {
      this.#closed = new Deferred();
      if (this.isClosed) this.#closed.resolve();
    }
    return this.#closed.promise;
  }

  get queued(): number {
    return this.isUnwritable ? 0 : this.#socket.writableLength;
  }

  get withheld(): number {
    return this.#socket.readableLength;
  }

  read(): Promise<Uint8Array | undefined> {
    return this.#neededHead().read();
  }

  unread(bytes: Uint8Array): void {
    this.#neededHead().unread(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket;
    // Node answers a write behind FIN by breaking off what is still on its way.
    if (socket.writableEnded || this.isUnwritable)
      return Promise.reject(new Error("the connection was ended"));
    this.#beforeWriting(bytes);
    return new Promise((resolve, reject) => {
      socket.write(bytes, (error) => {
        // Node calls back without an error for what it threw away.
        if (error || socket.destroyed) reject(error ?? new Error("the connection is closed"));
        else resolve();
      });
    });
  }

  send(bytes: Uint8Array): boolean {
    if (this.isUnwritable) return true;
    this.#beforeWriting(bytes);
    return this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  keepAlive(): void {
    if (this.#keepAliveMs === Infinity) return;
    keepAlive(this.#socket, this.#keepAliveMs);
    this.#keepAliveMs = Infinity;
  }

  finish(): void {
    this.#presence?.[Symbol.dispose]();
    if (!this.isUnwritable) this.#socket.end();
  }

  end(): void {
    this.#deliver("end");
  }

  close(): void {
    this.#deliver("close");
  }

  reset(): void {
    this.#presence?.[Symbol.dispose]();
    resetSocket(this.#socket, this.kind);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  join(receiver: Receiver<Buffer>): void {
    this.#receiver = receiver;
    this.#presence?.[Symbol.dispose]();
    this.#handOver(receiver);
    if (this.isUnwritable) receiver.unwritable();
    if (this.peerFinished) receiver.finished();
    if (this.isClosed) receiver.closed(this.#isBroken);
  }

  #neededHead(): Head {
    this.#head ??= new Head(this.#socket, this.#departure !== undefined);
    return this.#head;
  }

  #handOver(receiver: Receiver<Buffer>): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    for (const chunk of head.take()) receiver.received(chunk);
    head.complete();
  }

  #beforeWriting(bytes: Uint8Array): void {
    if (!this.#nagle?.couldHold(bytes.length)) return;
    this.#nagle = undefined;
    this.#socket.setNoDelay(true);
  }

  #deliver(way: "end" | "close"): void {
    if (this.isClosed || this.#delivery !== undefined) return;
    this.#presence?.[Symbol.dispose]();
    this.#head?.take();
    // There is nothing left to deliver, and no peer that could see FIN.
    if (this.isUnwritable) this.#socket.destroy();
    else {
      this.#delivery = new Delivery(this, this.#clock, way);
      this.#socket.end(() => this.#delivered());
      // A socket that is not read tells of no end.
      this.#socket.resume();
    }
  }

  /** The kernel has everything, or the socket is broken. */
  #delivered(): void {
    if (!this.#socket.destroyed) this.#delivery?.delivered();
  }

  onData(chunk: Buffer): void {
    if (this.#delivery !== undefined) return;
    this.bytesRead += chunk.length;
    if (this.#receiver !== undefined) this.#receiver.received(chunk);
    else this.#neededHead().hold(chunk);
  }

  onEnd(): void {
    const socket = this.#socket;
    // A unix socket refuses to be written to as soon as its peer has closed, though nothing was broken off.
    const canAsk =
      this.kind === "tcp" && !socket.writableEnded && !this.isUnwritable && socket.writableLength === 0;
    if (!canAsk) this.#finishedByPeer();
    else askPeer(socket, (error) => this.#asked(error));
  }

  onDrain(): void {
    this.#receiver?.drained();
  }

  onError(): void {
    this.#isBroken = true;
  }

  onUnwritable(): void {
    this.isUnwritable = true;
    this.#isBroken = true;
    // A peer that was only to be told something is gone; any other may have answered before, also before a relay.
    if (this.#delivery !== undefined) this.#socket.destroy();
    else this.#receiver?.unwritable();
  }

  onClose(): void {
    this.isClosed = true;
    stopListening(this.#socket);
    this.#delivery?.[Symbol.dispose]();
    this.#presence?.[Symbol.dispose]();
    this.#depart("reset");
    this.#receiver?.closed(this.#isBroken);
    this.#closed?.resolve();
  }

  #asked(error: Error | null | undefined): void {
    if (!error) this.#finishedByPeer();
  }

  #finishedByPeer(): void {
    this.peerFinished = true;
    this.#depart("finished");
    if (this.#receiver !== undefined) this.#receiver.finished();
    else if (this.kind === "tcp" && this.#delivery === undefined) {
      this.#presence = new PresenceCheck(this.#socket, this.#clock);
    }
  }

  #depart(how: Departure): void {
    if (this.#departure !== undefined) return;
    this.#departure = how;
    this.#head?.complete();
    this.#left?.(how);
  }
}
