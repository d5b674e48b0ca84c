import type {
  Acceptor,
  AcceptorOwner,
  Chunk,
  Engine,
  EngineEvents,
  Stream,
  StreamKind,
  StreamOwner,
} from "./engine.ts";
import { EpollAcceptor } from "./epoll-acceptor.ts";
import { EpollSet } from "./epoll-set.ts";
import { EpollStream } from "./epoll-stream.ts";
import type { Libc } from "./libc.ts";
import { SOCK_NONBLOCK_CLOEXEC } from "./linux.ts";
import type { SocketName } from "./socket-name.ts";

/** An Engine that every Linux has: it asks what is ready, and makes the system calls itself (epoll(7)). */
export class EpollEngine implements Engine {
  readonly socketFlags = SOCK_NONBLOCK_CLOEXEC;
  readonly #set: EpollSet;

  /** Throws where the kernel gives no descriptor. */
  constructor(libc: Libc, told: EngineEvents) {
    this.#set = new EpollSet(libc, told);
  }

  get fd(): number {
    return this.#set.fd;
  }

  get isDue(): boolean {
    return this.#set.isDue;
  }

  stage(bytes: Uint8Array): Chunk {
    return this.#set.sockets.outbox.fill(bytes);
  }

  step(timeoutMs: number): number {
    return this.#set.step(timeoutMs);
  }

  watch(descriptor: number, readable: () => void): void {
    this.#set.watch(descriptor, readable);
  }

  acceptFrom(descriptor: number, owner: AcceptorOwner): Acceptor {
    return new EpollAcceptor(this.#set, descriptor, owner);
  }

  adopt(descriptor: number, kind: StreamKind, owner: StreamOwner): Stream {
    const stream = new EpollStream(this.#set, descriptor, kind, owner);
    stream.adopt();
    return stream;
  }

  connect(descriptor: number, kind: StreamKind, name: SocketName, owner: StreamOwner): Stream {
    const stream = new EpollStream(this.#set, descriptor, kind, owner);
    stream.connect(name);
    return stream;
  }
}
