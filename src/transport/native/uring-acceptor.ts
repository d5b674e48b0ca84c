import type { Acceptor, AcceptorOwner } from "./engine.ts";
import {
  CLOEXEC,
  ECANCELED,
  ECONNABORTED,
  EINTR,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  F_SETFL,
  O_NONBLOCK,
  SHUT_RDWR,
} from "./linux.ts";
import { ACCEPT, ACCEPT_MANY, HAS_MORE } from "./uring-abi.ts";
import { UringDescriptor } from "./uring-descriptor.ts";
import type { Frugal } from "./uring-scarcity.ts";
import { type Member, OPERATION, type Operation, type UringSet } from "./uring-set.ts";

/** The client left, or the call was broken off. */
const PASSING: ReadonlySet<number> = new Set([ECANCELED, ECONNABORTED, EINTR]);
const SHORTAGES: ReadonlySet<number> = new Set([EMFILE, ENFILE, ENOBUFS, ENOMEM]);

/**
 * Has the kernel accept each client that comes. Where a burst could take the descriptors that the dials for it need, it is to
 * accept one client in each step: those that came before have dialled by then, and who is refused has given back what he held.
 */
export class UringAcceptor implements Acceptor, Member, Frugal {
  readonly #set: UringSet;
  readonly #descriptor: UringDescriptor;
  readonly #owner: AcceptorOwner;
  #isScarce = false;
  #isMany = false;
  #isClosed = false;
  #isMoved = false;

  constructor(set: UringSet, descriptor: number, owner: AcceptorOwner) {
    this.#set = set;
    this.#owner = owner;
    this.#descriptor = new UringDescriptor(set, descriptor, this);
    set.scarcity.add(this, descriptor);
    this.#start();
  }

  acceptAll(most: number): number {
    let accepted = 0;
    while (accepted < most && !this.#isClosed && this.#acceptNow()) accepted += 1;
    return accepted;
  }

  resume(): void {
    if (!this.#isClosed && !this.#descriptor.isUnderWay(OPERATION.accept)) this.#start();
  }

  close(isMoved: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isMoved = isMoved;
    this.#set.scarcity.delete(this);
    // Its port is free at once, whatever is under way.
    if (!isMoved) this.#set.libc.shutdown(this.#descriptor.number, SHUT_RDWR);
    this.#descriptor.close(() => {});
    // From here on the next one accepts.
    if (isMoved) this.#set.flush();
  }

  consider(descriptor: number): void {
    this.#isScarce = this.#set.scarcity.isAt(descriptor);
    if (this.#isScarce && this.#isMany) this.#acceptOneByOne();
  }

  completed(operation: Operation, result: number, flags: number): void {
    const goesOn = (flags & HAS_MORE) !== 0;
    if (!goesOn) this.#descriptor.ended(operation);
    if (result >= 0) this.#take(result);
    else if (!this.#isClosed && !this.#copes(-result)) {
      this.#owner.short();
      return;
    }
    if (!goesOn) this.resume();
  }

  /** Where a socket is said not to wait, an operation does not either; it keeps to what was said when the kernel took it. */
  #start(): void {
    const { libc } = this.#set;
    const { number } = this.#descriptor;
    this.#isMany = !this.#isScarce;
    libc.fcntl(number, F_SETFL, 0);
    this.#descriptor.start(OPERATION.accept, this.#isMany ? ACCEPT_MANY : ACCEPT, 0, 0, CLOEXEC);
    this.#set.submit();
    libc.fcntl(number, F_SETFL, O_NONBLOCK);
  }

  #take(client: number): void {
    this.consider(client);
    if (this.#isClosed && !this.#isMoved) this.#set.libc.close(client);
    else this.#owner.accepted(client);
  }

  /** What is under way ends, and the next one begins where that has told its last. */
  #acceptOneByOne(): void {
    this.#isMany = false;
    if (this.#descriptor.isUnderWay(OPERATION.accept)) this.#descriptor.cancel(OPERATION.accept);
  }

  /** False where the next attempt would fail as well: the queue, and the kernel with it, would not come to rest. */
  #copes(errno: number): boolean {
    if (PASSING.has(errno)) return true;
    return SHORTAGES.has(errno) && this.#set.spare.turnAway(this.#descriptor.number);
  }

  #acceptNow(): boolean {
    const client = this.#set.libc.accept4(this.#descriptor.number, 0, 0, CLOEXEC);
    if (client >= 0) this.#take(client);
    return client >= 0;
  }
}
