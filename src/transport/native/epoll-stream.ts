import { Backlog } from "./backlog.ts";
import { READ_BYTES } from "./box.ts";
import type { Chunk, Stream, StreamKind, StreamOwner } from "./engine.ts";
import type { EpollSet, Member } from "./epoll-set.ts";
import {
  EAGAIN,
  ECONNRESET,
  EINPROGRESS,
  EINTR,
  EPIPE,
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLPRI,
  EPOLLRDHUP,
  MSG_NOSIGNAL,
  SHUT_WR,
} from "./linux.ts";
import type { Pipe } from "./pipe.ts";
import type { SocketName } from "./socket-name.ts";

/** Told once of each change, and never changed: that costs least. */
const WATCHED = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;
/** More may lie behind a read that was short: an end, an error, or an urgent byte, at which a read stops. */
const BEHIND_DATA = EPOLLRDHUP | EPOLLHUP | EPOLLERR | EPOLLPRI;
/** Reads in a row before it is another's turn. */
const MOST_READS = 4;
const FAILED = -1;
/** A read of so many bytes says that more will come. */
const BULK_BYTES = 32 * 1024;

/** A Stream that acts when epoll says that it can. */
export class EpollStream implements Stream, Member {
  isConnecting = false;
  readonly #set: EpollSet;
  readonly #descriptor: number;
  readonly #owner: StreamOwner;
  readonly #kind: StreamKind;
  #backlog: Backlog | undefined;
  #isPaused = false;
  /** The kernel has something for us, or has said so and not yet been asked. */
  #isReadable = false;
  #readsToEnd = false;
  /** So much is received at once that it pays to let the kernel pass it on. */
  #isBulk = false;
  #isDue = false;
  #isFinished = false;
  #finWanted = false;
  #isUnwritable = false;
  #isClosed = false;
  /** An error that the kernel has told and forgotten; its next read would look like a clean end. */
  #errno = 0;

  constructor(set: EpollSet, descriptor: number, kind: StreamKind, owner: StreamOwner) {
    this.#set = set;
    this.#descriptor = descriptor;
    this.#kind = kind;
    this.#owner = owner;
  }

  /** Watches a connected descriptor. */
  adopt(): void {
    this.#watch();
  }

  connect(name: SocketName): void {
    const { libc, sockets } = this.#set;
    const { names } = sockets;
    this.isConnecting = true;
    names.place(name);
    if (libc.connect(this.#descriptor, names.address, name.length) === 0) this.#watch();
    else this.#isUnderWay(libc.errno());
  }

  get queued(): number {
    return this.#backlog === undefined ? 0 : this.#backlog.bytes;
  }

  send(chunk: Chunk): boolean {
    if (this.#backlog !== undefined) {
      this.#backlog.add(chunk.view());
      return false;
    }
    const { length } = chunk;
    const taken = this.#offer(chunk.address, length);
    if (taken === length || taken === FAILED) return true;
    this.#backlog = new Backlog(this.#set.libc);
    this.#backlog.add(chunk.view(taken));
    return false;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#isReadable) this.#goOnLater();
  }

  finish(): void {
    if (this.#finWanted || this.#isUnwritable || this.#isClosed) return;
    this.#finWanted = true;
    if (this.#backlog === undefined) this.#sendFin();
  }

  close(how: "end" | "reset"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#backlog = undefined;
    const { sockets } = this.#set;
    if (how === "end" && !this.#isFinished && !this.isConnecting) sockets.dropReceived(this.#descriptor);
    if (how === "reset" && this.#kind === "tcp") sockets.lingerNot(this.#descriptor);
    this.#set.close(this.#descriptor);
    this.#owner.gone();
  }

  nameOf(side: "local" | "remote"): SocketName | undefined {
    return this.#isClosed ? undefined : this.#set.sockets.nameOf(this.#descriptor, side);
  }

  setOption(level: number, option: number, value: number): boolean {
    return !this.#isClosed && this.#set.libc.setOption(this.#descriptor, level, option, value);
  }

  ready(events: number): void {
    if (this.isConnecting) this.#connected(events);
    else if ((events & EPOLLOUT) !== 0 && this.#backlog !== undefined) this.#flush(this.#backlog);
    if (this.#isClosed || this.isConnecting) return;
    if (this.#isFinished) {
      if ((events & this.#breaking()) !== 0)
        this.#owner.broken(this.#set.sockets.takeError(this.#descriptor));
      return;
    }
    if ((events & BEHIND_DATA) !== 0) this.#readsToEnd = true;
    else if ((events & EPOLLIN) === 0) return;
    this.#isReadable = true;
    if (!this.#isPaused) this.#receive();
  }

  goOn(): void {
    this.#isDue = false;
    if (this.#isClosed) return;
    if (this.isConnecting) this.#notConnected(this.#errno);
    else if (this.#isReadable && !this.#isPaused) this.#receive();
  }

  /** What says that a peer which has finished is gone altogether; of a unix socket it says no more than that it has finished. */
  #breaking(): number {
    return this.#kind === "tcp" ? EPOLLERR | EPOLLHUP : EPOLLERR;
  }

  /** Whether a new event tells of what comes behind a short read. A unix socket's read also stops at a descriptor that was sent along. */
  #tellsOfMore(): boolean {
    return this.#kind === "tcp";
  }

  #watch(): void {
    if (this.#set.add(this.#descriptor, this, WATCHED)) return;
    this.#errno = this.#set.libc.errno();
    this.isConnecting = true;
    this.#goOnLater();
  }

  #isUnderWay(errno: number): void {
    this.#watch();
    if (errno === EINPROGRESS || errno === EINTR) return;
    this.#errno = errno;
    this.#goOnLater();
  }

  #connected(events: number): void {
    // The kernel has said at once that it will not be.
    if (this.#errno !== 0 || (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) === 0) return;
    const errno = (events & (EPOLLERR | EPOLLHUP)) === 0 ? 0 : this.#set.sockets.takeError(this.#descriptor);
    // Only an established connection can be reset, or written to in vain: the peer had accepted it.
    if (errno !== 0 && errno !== ECONNRESET && errno !== EPIPE) this.#notConnected(errno);
    else {
      this.isConnecting = false;
      this.#errno = errno;
      this.#owner.connected(0);
    }
  }

  #notConnected(errno: number): void {
    this.#owner.connected(errno);
  }

  #goOnLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#set.goOnLater(this);
  }

  #receive(): void {
    for (let reads = 0; reads < MOST_READS; reads++)
      if (!(this.#isBulk ? this.#pass() : this.#read())) return;
    this.#goOnLater();
  }

  /** False where there is no more to read for now. */
  #read(): boolean {
    const { libc, inbox } = this.#set;
    const received = libc.recv(this.#descriptor, inbox.address, READ_BYTES, 0);
    if (received <= 0) return this.#stopped(received);
    inbox.length = received;
    const isAll = received < READ_BYTES && !this.#readsToEnd && this.#tellsOfMore();
    if (isAll) this.#isReadable = false;
    this.#isBulk = received >= BULK_BYTES;
    this.#owner.received(inbox);
    return !(isAll || this.#isPaused || this.#isClosed);
  }

  /** Has the kernel move what there is to where it goes; false as above. How much a pipe takes says nothing of how much is left. */
  #pass(): boolean {
    const onward = this.#owner.onward;
    const { pipe } = this.#set;
    if (pipe === undefined || !(onward instanceof EpollStream) || !onward.#takesPipe()) return this.#read();
    const received = pipe.fill(this.#descriptor);
    if (received === 0) return this.#read();
    if (received < 0) return this.#stopped(received);
    this.#isBulk = received >= BULK_BYTES;
    this.#owner.passed(received);
    if (!pipe.pour(onward.#descriptor)) onward.#leftIn(pipe, this);
    return !(this.#isPaused || this.#isClosed);
  }

  #takesPipe(): boolean {
    return this.#kind === "tcp" && this.#backlog === undefined && !this.#isUnwritable && !this.#isClosed;
  }

  /** A pipe holds what this stream has not taken; trying once more has the kernel say why, and tell when it takes more. */
  #leftIn(pipe: Pipe, from: EpollStream): void {
    const backlog = new Backlog(this.#set.libc);
    this.#backlog = backlog;
    backlog.add(pipe.takeBack());
    this.#flush(backlog);
    if (this.#backlog !== undefined) from.pause();
  }

  #stopped(received: number): false {
    const errno = received === 0 ? this.#errno : this.#set.libc.errno();
    if (received < 0 && errno === EINTR) {
      this.#goOnLater();
      return false;
    }
    this.#isReadable = false;
    if (received < 0 && errno === EAGAIN) this.#readsToEnd = false;
    else if (errno === 0) {
      this.#isFinished = true;
      this.#owner.finished();
    } else this.#owner.broken(errno);
    return false;
  }

  /** How many bytes the kernel takes; FAILED where it takes none any more. */
  #offer(address: number, length: number): number {
    if (this.#isUnwritable || this.#isClosed) return FAILED;
    const taken = this.#set.libc.send(this.#descriptor, address, length, MSG_NOSIGNAL);
    if (taken >= 0) return taken;
    const errno = this.#set.libc.errno();
    if (errno === EAGAIN) return 0;
    if (errno === EINTR) return this.#offer(address, length);
    this.#writeFailed(errno);
    return FAILED;
  }

  /** What the peer had sent before it broke off is still there to be read, and the read that finds no more tells the rest. */
  #writeFailed(errno: number): void {
    this.#backlog = undefined;
    this.#isUnwritable = true;
    if (!this.#isFinished && (errno === EPIPE || errno === ECONNRESET)) this.#owner.unwritable();
    else this.#owner.broken(errno);
  }

  #flush(backlog: Backlog): void {
    while (backlog.bytes > 0) {
      const { length } = backlog;
      const taken = this.#offer(backlog.address, length);
      if (taken === FAILED) return;
      backlog.take(taken);
      if (taken < length) return;
    }
    this.#backlog = undefined;
    if (this.#finWanted) this.#sendFin();
    if (!this.#isClosed) this.#owner.drained();
  }

  #sendFin(): void {
    // Where the peer has finished, the owner closes, and that sends it.
    if (!this.#isFinished) this.#set.libc.shutdown(this.#descriptor, SHUT_WR);
    this.#owner.finSent();
  }
}
