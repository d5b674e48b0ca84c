import type { Acceptor, AcceptorOwner, EngineEvents, StreamKind, StreamOwner } from "./engine.ts";
import { EpollAcceptor } from "./epoll-acceptor.ts";
import { EpollSet } from "./epoll-set.ts";
import { EpollStream } from "./epoll-stream.ts";
import type { Libc } from "./libc.ts";
import { SOCK_NONBLOCK_CLOEXEC } from "./linux.ts";
import { SetEngine } from "./set-engine.ts";

/** An Engine that every Linux has: it asks what is ready, and makes the system calls itself (epoll(7)). */
export class EpollEngine extends SetEngine<EpollSet> {
  readonly socketFlags = SOCK_NONBLOCK_CLOEXEC;

  /** Throws where the kernel gives no descriptor. */
  constructor(libc: Libc, told: EngineEvents) {
    super(new EpollSet(libc, told));
  }

  acceptFrom(descriptor: number, owner: AcceptorOwner): Acceptor {
    return new EpollAcceptor(this.set, descriptor, owner);
  }

  protected streamOf(descriptor: number, kind: StreamKind, owner: StreamOwner): EpollStream {
    return new EpollStream(this.set, descriptor, kind, owner);
  }
}
