import type { Acceptor, AcceptorOwner, EngineEvents, StreamKind, StreamOwner } from "./engine.ts";
import type { Libc } from "./libc.ts";
import { CLOEXEC } from "./linux.ts";
import { SetEngine } from "./set-engine.ts";
import { UringAcceptor } from "./uring-acceptor.ts";
import { UringSet } from "./uring-set.ts";
import { UringStream } from "./uring-stream.ts";

/**
 * An Engine that has the kernel make the calls, and is told what they gave (io_uring(7)): one system call for all that a step has to do. Only the
 * thread that made it may use it.
 */
export class UringEngine extends SetEngine<UringSet> {
  /** An operation on a socket that does not wait would fail where it has to wait. */
  readonly socketFlags = CLOEXEC;

  /** Throws a RingError where the kernel refuses; see `uringRefusal`. */
  constructor(libc: Libc, told: EngineEvents) {
    super(new UringSet(libc, told));
  }

  acceptFrom(descriptor: number, owner: AcceptorOwner): Acceptor {
    return new UringAcceptor(this.set, descriptor, owner);
  }

  protected streamOf(descriptor: number, kind: StreamKind, owner: StreamOwner): UringStream {
    return new UringStream(this.set, descriptor, kind, owner);
  }
}
