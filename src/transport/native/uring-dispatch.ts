import { Backlog } from "./backlog.ts";
import type { Chunk } from "./engine.ts";
import { EAGAIN, EINTR, MSG_DONTWAIT, MSG_NOSIGNAL } from "./linux.ts";
import { SEND } from "./uring-abi.ts";
import { Lent } from "./uring-buffers.ts";
import type { UringDescriptor } from "./uring-descriptor.ts";
import { OPERATION, type UringSet } from "./uring-set.ts";

/** Is told what becomes of what is sent. Each of its functions may end the dispatch. */
export interface Sender {
  /** The kernel has taken everything. */
  drained(): void;
  /** The kernel takes nothing more, by that error. */
  failed(errno: number): void;
}

/** After these, what is left is sent once more. */
const PASSING: ReadonlySet<number> = new Set([EAGAIN, EINTR]);

/**
 * Sends to a descriptor, one operation at a time: two at once might overtake each other. What lies in a buffer of the set is offered to
 * the kernel from there, without waiting, so that the buffer is soon free again; of what it does not take there is a copy,
 * which it takes when it can. The memory of an operation that is under way stays until it has ended.
 */
export class Dispatch {
  readonly #set: UringSet;
  readonly #descriptor: UringDescriptor;
  readonly #sender: Sender;
  #offered: Lent | undefined;
  #backlog: Backlog | undefined;
  #isOver = false;

  constructor(set: UringSet, descriptor: UringDescriptor, sender: Sender) {
    this.#set = set;
    this.#descriptor = descriptor;
    this.#sender = sender;
  }

  /** Bytes that the kernel has not taken, or not yet said that it has. */
  get bytes(): number {
    return (this.#offered?.length ?? 0) + (this.#backlog?.bytes ?? 0);
  }

  /** See Stream.send. */
  send(chunk: Chunk): boolean {
    if (this.#isOver) return true;
    if (this.#descriptor.isUnderWay(OPERATION.send)) {
      this.#queued().add(chunk.view());
      return false;
    }
    if (chunk instanceof Lent) {
      this.#offer(chunk);
      return true;
    }
    return this.#sendNow(chunk);
  }

  /** Sends bytes where nothing else waits or is under way. */
  add(bytes: Uint8Array): void {
    this.#queued().add(bytes);
    this.#sendNext(this.#queued());
  }

  /** Sends and tells nothing more. */
  stop(): void {
    this.#isOver = true;
  }

  /** The operation has ended. */
  completed(result: number): void {
    const taken = Math.max(0, result);
    if (this.#offered !== undefined) this.#returned(this.#offered, taken);
    else this.#backlog?.take(taken);
    if (this.#isOver) this.#backlog = undefined;
    else if (result < 0 && !PASSING.has(-result)) this.#fail(-result);
    else this.#goOn();
  }

  #queued(): Backlog {
    this.#backlog ??= new Backlog(this.#set.libc);
    return this.#backlog;
  }

  /** Chunks that are soon overwritten are rare: for them a plain call costs less than a copy. */
  #sendNow(chunk: Chunk): boolean {
    const { libc } = this.#set;
    const sent = libc.send(this.#descriptor.number, chunk.address, chunk.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent === chunk.length) return true;
    const errno = sent < 0 ? libc.errno() : 0;
    if (errno !== 0 && !PASSING.has(errno)) {
      this.#fail(errno);
      return true;
    }
    this.#queued().add(chunk.view(Math.max(0, sent)));
    this.#sendNext(this.#queued());
    return false;
  }

  #offer(lent: Lent): void {
    lent.hold();
    this.#offered = lent;
    this.#start(lent.address, lent.length, MSG_DONTWAIT);
  }

  #returned(lent: Lent, taken: number): void {
    this.#offered = undefined;
    if (taken < lent.length && !this.#isOver) this.#queued().addFirst(lent.view(taken));
    lent.release();
  }

  #goOn(): void {
    if (this.#backlog !== undefined && this.#backlog.bytes > 0) this.#sendNext(this.#backlog);
    else {
      this.#backlog = undefined;
      this.#sender.drained();
    }
  }

  #sendNext(backlog: Backlog): void {
    this.#start(backlog.address, backlog.length, 0);
  }

  #start(address: number, length: number, flags: number): void {
    this.#descriptor.start(OPERATION.send, SEND, address, length, MSG_NOSIGNAL | flags);
  }

  #fail(errno: number): void {
    this.#isOver = true;
    this.#backlog = undefined;
    this.#sender.failed(errno);
  }
}
