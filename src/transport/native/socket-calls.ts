import { Box, READ_BYTES } from "./box.ts";
import type { Libc, Memory } from "./libc.ts";
import { MSG_DONTWAIT, SO_ERROR, SO_LINGER, SOL_SOCKET } from "./linux.ts";
import { type SocketName, SocketNames } from "./socket-name.ts";

/** Reads that drop what has come, so that closing sends FIN and not RST. */
const LAST_READS = 4;

/** What is asked of connected sockets one at a time, whatever moves their bytes. */
export class SocketCalls {
  readonly libc: Libc;
  readonly names: SocketNames;
  /** What is written to a stream, and what is received to be dropped. */
  readonly outbox: Box;
  readonly #option: Memory;

  constructor(libc: Libc) {
    this.libc = libc;
    this.names = new SocketNames(libc);
    this.outbox = new Box(libc);
    this.#option = libc.memory(8);
  }

  /** An address as the kernel has it now; undefined where it has none. */
  nameOf(descriptor: number, side: "local" | "remote"): SocketName | undefined {
    const { libc, names } = this;
    names.expect();
    const ask = side === "local" ? libc.getsockname : libc.getpeername;
    return ask(descriptor, names.address, names.lengthAddress) === 0 ? names.read() : undefined;
  }

  /** The error that the kernel has for a socket, which forgets it. */
  takeError(descriptor: number): number {
    const { words, address } = this.#option;
    words[0] = 0;
    words[1] = 4;
    this.libc.getsockopt(descriptor, SOL_SOCKET, SO_ERROR, address, address + 4);
    return words[0] as number;
  }

  /** Has closing it break off by RST. */
  lingerNot(descriptor: number): void {
    const { words, address } = this.#option;
    words[0] = 1;
    words[1] = 0;
    this.libc.setsockopt(descriptor, SOL_SOCKET, SO_LINGER, address, 8);
  }

  /** Reads what has come, up to a bound. */
  dropReceived(descriptor: number): void {
    const { address } = this.outbox;
    let reads = 0;
    while (reads < LAST_READS && this.libc.recv(descriptor, address, READ_BYTES, MSG_DONTWAIT) > 0)
      reads += 1;
  }
}
