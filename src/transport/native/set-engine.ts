import type { Acceptor, AcceptorOwner, Chunk, Engine, Stream, StreamKind, StreamOwner } from "./engine.ts";
import type { SocketCalls } from "./socket-calls.ts";
import type { SocketName } from "./socket-name.ts";

/** The descriptors of an engine, and how it waits for them. */
interface DescriptorSet extends Pick<Engine, "fd" | "isDue" | "step" | "watch"> {
  readonly sockets: Pick<SocketCalls, "outbox">;
}

/** A Stream that begins with one of the two. */
interface NewStream extends Stream {
  adopt(): void;
  connect(name: SocketName): void;
}

/** What engines have in common: one set of descriptors, of which each is an acceptor's or a stream's. */
export abstract class SetEngine<Set extends DescriptorSet> implements Engine {
  abstract readonly socketFlags: number;
  protected readonly set: Set;

  constructor(set: Set) {
    this.set = set;
  }

  get fd(): number {
    return this.set.fd;
  }

  get isDue(): boolean {
    return this.set.isDue;
  }

  stage(bytes: Uint8Array): Chunk {
    return this.set.sockets.outbox.fill(bytes);
  }

  step(timeoutMs: number, nowMs = 0): number {
    return this.set.step(timeoutMs, nowMs);
  }

  watch(descriptor: number, readable: () => void): void {
    this.set.watch(descriptor, readable);
  }

  adopt(descriptor: number, kind: StreamKind, owner: StreamOwner): Stream {
    const stream = this.streamOf(descriptor, kind, owner);
    stream.adopt();
    return stream;
  }

  connect(descriptor: number, kind: StreamKind, name: SocketName, owner: StreamOwner): Stream {
    const stream = this.streamOf(descriptor, kind, owner);
    stream.connect(name);
    return stream;
  }

  abstract acceptFrom(descriptor: number, owner: AcceptorOwner): Acceptor;

  protected abstract streamOf(descriptor: number, kind: StreamKind, owner: StreamOwner): NewStream;
}
