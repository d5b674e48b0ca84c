import type { Acceptor, AcceptorOwner } from "./engine.ts";
import type { EpollSet, Member } from "./epoll-set.ts";
import { EMFILE, ENFILE, ENOBUFS, ENOMEM, EPOLLIN, SHUT_RDWR, SOCK_NONBLOCK_CLOEXEC } from "./linux.ts";
import { codeOf } from "./system-error.ts";

const SHORTAGES: ReadonlySet<number> = new Set([EMFILE, ENFILE, ENOBUFS, ENOMEM]);

/** Accepts one client each time the set says that there is one: to ask for a second would mostly be a call in vain. */
export class EpollAcceptor implements Acceptor, Member {
  readonly isConnecting = false;
  readonly #set: EpollSet;
  readonly #descriptor: number;
  readonly #owner: AcceptorOwner;
  readonly #generation: number;
  #isClosed = false;

  /** Throws where the kernel does not watch the descriptor, which is closed then. */
  constructor(set: EpollSet, descriptor: number, owner: AcceptorOwner) {
    this.#set = set;
    this.#descriptor = descriptor;
    this.#owner = owner;
    this.#generation = set.generationOf(descriptor);
    if (set.add(descriptor, this, EPOLLIN)) return;
    const code = codeOf(set.libc.errno());
    // Another transport may still listen on the same socket.
    this.close(true);
    throw Object.assign(new Error(`epoll_ctl ${code}`), { code });
  }

  acceptAll(most: number): number {
    let accepted = 0;
    while (accepted < most && !this.#isClosed && this.#accept()) accepted += 1;
    return accepted;
  }

  resume(): void {
    if (!this.#isClosed) this.#set.change(this.#descriptor, this.#generation, EPOLLIN);
  }

  close(isMoved: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A child process that has not begun its program yet holds the socket as well: without this it would go on to listen.
    if (!isMoved) this.#set.libc.shutdown(this.#descriptor, SHUT_RDWR);
    this.#set.remove(this.#descriptor);
    this.#set.close(this.#descriptor);
  }

  ready(): void {
    this.#accept();
  }

  goOn(): void {}

  /** False where there is none. */
  #accept(): boolean {
    const { libc, sockets } = this.#set;
    const { names } = sockets;
    names.expect();
    const client = libc.accept4(this.#descriptor, names.address, names.lengthAddress, SOCK_NONBLOCK_CLOEXEC);
    if (client >= 0) {
      this.#owner.accepted(client, names.read());
      return true;
    }
    if (SHORTAGES.has(libc.errno())) this.#turnAway();
    return false;
  }

  /** A client that cannot be served must not stay in the queue: the set would tell of it again and again. */
  #turnAway(): void {
    if (this.#set.spare.turnAway(this.#descriptor)) return;
    this.#set.change(this.#descriptor, this.#generation, 0);
    this.#owner.short();
  }
}
