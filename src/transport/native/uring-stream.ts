import type { Chunk, Stream, StreamKind, StreamOwner } from "./engine.ts";
import { ECONNRESET, EPIPE, POLLERR, POLLHUP, SHUT_WR } from "./linux.ts";
import type { SocketName } from "./socket-name.ts";
import { CONNECT, HAS_MORE, NOTHING, POLL, POLL_MULTI } from "./uring-abi.ts";
import { UringDescriptor } from "./uring-descriptor.ts";
import { Dispatch, type Sender } from "./uring-dispatch.ts";
import { Reception, type Recipient } from "./uring-reception.ts";
import { type Member, OPERATION, type Operation, type UringSet } from "./uring-set.ts";
import type { Finished } from "./uring-vigil.ts";

/** A Stream that has the kernel act, and is told what it has done. */
export class UringStream implements Stream, Member, Recipient, Sender, Finished {
  /** On the vigil. */
  seat = -1;
  readonly #set: UringSet;
  readonly #descriptor: UringDescriptor;
  readonly #owner: StreamOwner;
  readonly #kind: StreamKind;
  readonly #reception: Reception;
  readonly #dispatch: Dispatch;
  #isConnecting = false;
  #isFinished = false;
  #finWanted = false;
  #isUnwritable = false;
  #isClosed = false;
  /** An error that the kernel has told and forgotten; what it received next would look like a clean end. */
  #errno = 0;

  constructor(set: UringSet, descriptor: number, kind: StreamKind, owner: StreamOwner) {
    this.#set = set;
    this.#kind = kind;
    this.#owner = owner;
    this.#descriptor = new UringDescriptor(set, descriptor, this);
    this.#reception = new Reception(set, this.#descriptor, this);
    this.#dispatch = new Dispatch(set, this.#descriptor, this);
  }

  /** Receives from a connected descriptor. */
  adopt(): void {
    this.#reception.start(this.#set.clients, false);
  }

  connect(name: SocketName): void {
    this.#isConnecting = true;
    if (this.#kind === "unix") this.#connectAtOnce(name);
    else this.#descriptor.start(OPERATION.connect, CONNECT, this.#set.place(name), 0, 0, 0, name.length);
  }

  get queued(): number {
    return this.#dispatch.bytes;
  }

  send(chunk: Chunk): boolean {
    return this.#dispatch.send(chunk);
  }

  pause(): void {
    this.#reception.pause();
  }

  resume(): void {
    this.#reception.resume();
  }

  finish(): void {
    if (this.#finWanted || this.#isUnwritable || this.#isClosed) return;
    this.#finWanted = true;
    if (this.#dispatch.bytes === 0) this.#sendFin();
  }

  close(how: "end" | "reset"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reception.stop();
    this.#dispatch.stop();
    this.#set.vigil.leave(this);
    const { number } = this.#descriptor;
    const { sockets } = this.#set;
    if (how === "end" && !this.#isFinished && !this.#isConnecting) sockets.dropReceived(number);
    if (how === "reset" && this.#kind === "tcp") sockets.lingerNot(number);
    this.#descriptor.close(() => this.#owner.gone());
  }

  nameOf(side: "local" | "remote"): SocketName | undefined {
    return this.#isClosed ? undefined : this.#set.sockets.nameOf(this.#descriptor.number, side);
  }

  setOption(level: number, option: number, value: number): boolean {
    return !this.#isClosed && this.#set.libc.setOption(this.#descriptor.number, level, option, value);
  }

  completed(operation: Operation, result: number, flags: number): void {
    if ((flags & HAS_MORE) === 0) this.#descriptor.ended(operation);
    if (operation === OPERATION.receive) this.#reception.completed(result, flags);
    else if (operation === OPERATION.send) this.#dispatch.completed(result);
    else if (this.#isClosed) return;
    else if (operation === OPERATION.connect) this.#connected(-result);
    else this.#disturbed(result);
  }

  received(chunk: Chunk): void {
    this.#owner.received(chunk);
  }

  get isPassing(): boolean {
    return this.#set.pipe !== undefined && this.#owner.onward instanceof UringStream;
  }

  passOn(): number {
    const { pipe, libc } = this.#set;
    const { onward } = this.#owner;
    if (pipe === undefined || !(onward instanceof UringStream) || !onward.#takesPipe()) return 0;
    const passed = this.#descriptor.withoutWaiting((from) => {
      const filled = pipe.fill(from);
      return filled < 0 ? -libc.errno() : filled;
    });
    if (passed <= 0) return passed;
    this.#owner.passed(passed);
    if (!onward.#descriptor.withoutWaiting((to) => pipe.pour(to))) {
      onward.#dispatch.add(pipe.takeBack());
      this.pause();
    }
    return passed;
  }

  over(errno: number): void {
    const cause = errno || this.#errno;
    if (cause !== 0) {
      this.#owner.broken(cause);
      return;
    }
    this.#isFinished = true;
    this.#owner.finished();
    if (!this.#isClosed) this.#set.vigil.add(this);
  }

  watch(): void {
    this.#descriptor.start(OPERATION.poll, POLL, 0, POLL_MULTI, 0);
  }

  drained(): void {
    if (this.#finWanted) this.#sendFin();
    if (!this.#isClosed) this.#owner.drained();
  }

  /** What the peer had sent before it broke off is still there to be received, and what finds no more tells the rest. */
  failed(errno: number): void {
    this.#isUnwritable = true;
    if (!this.#isFinished && (errno === EPIPE || errno === ECONNRESET)) this.#owner.unwritable();
    else this.#owner.broken(errno);
  }

  /** As an operation it would wait for a full queue to have room, in a thread of the kernel, and not fail. */
  #connectAtOnce(name: SocketName): void {
    const { libc, sockets } = this.#set;
    sockets.names.place(name);
    this.#errno = this.#descriptor.withoutWaiting((descriptor) =>
      libc.connect(descriptor, sockets.names.address, name.length) < 0 ? libc.errno() : 0,
    );
    this.#descriptor.start(OPERATION.connect, NOTHING, 0, 0, 0);
  }

  #connected(errno: number): void {
    const cause = errno || this.#errno;
    // Only an established connection can be reset, or written to in vain: the peer had accepted it.
    if (cause !== 0 && cause !== ECONNRESET && cause !== EPIPE) {
      this.#owner.connected(cause);
      return;
    }
    this.#isConnecting = false;
    this.#errno = cause;
    this.#reception.start(this.#set.backends, cause !== 0);
    this.#owner.connected(0);
  }

  #takesPipe(): boolean {
    return this.#kind === "tcp" && this.#dispatch.bytes === 0 && !this.#isUnwritable && !this.#isClosed;
  }

  #sendFin(): void {
    // Where the peer has finished, the owner closes, and that sends it.
    if (!this.#isFinished) this.#set.libc.shutdown(this.#descriptor.number, SHUT_WR);
    this.#owner.finSent();
  }

  /** Of a unix socket a hang-up says no more than that the peer has finished. */
  #disturbed(events: number): void {
    const breaking = this.#kind === "tcp" ? POLLERR | POLLHUP : POLLERR;
    if (events > 0 && (events & breaking) !== 0)
      this.#owner.broken(this.#set.sockets.takeError(this.#descriptor.number));
  }
}
