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
import type { Libc } from "./libc.ts";
import { CLOEXEC } from "./linux.ts";
import type { SocketName } from "./socket-name.ts";
import { UringAcceptor } from "./uring-acceptor.ts";
import { UringSet } from "./uring-set.ts";
import { UringStream } from "./uring-stream.ts";

/**
 * An Engine that has the kernel make the calls, and is told what they gave (io_uring(7)): one system call for all that a step has to do. Only the
 * thread that made it may use it.
 */
export class UringEngine implements Engine {
  /** An operation on a socket that does not wait would fail where it has to wait. */
  readonly socketFlags = CLOEXEC;
  readonly #set: UringSet;

  /** Throws a RingError where the kernel refuses; see `uringRefusal`. */
  constructor(libc: Libc, told: EngineEvents) {
    this.#set = new UringSet(libc, told);
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
    return new UringAcceptor(this.#set, descriptor, owner);
  }

  adopt(descriptor: number, kind: StreamKind, owner: StreamOwner): Stream {
    const stream = new UringStream(this.#set, descriptor, kind, owner);
    stream.adopt();
    return stream;
  }

  connect(descriptor: number, kind: StreamKind, name: SocketName, owner: StreamOwner): Stream {
    const stream = new UringStream(this.#set, descriptor, kind, owner);
    stream.connect(name);
    return stream;
  }
}
