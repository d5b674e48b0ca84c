import type { Libc } from "./libc.ts";
import { EINTR, EINVAL, F_SETPIPE_SZ, SOCK_NONBLOCK_CLOEXEC, SPLICE_MOVE_NONBLOCK } from "./linux.ts";

/** What a direction may hold for a peer that does not read; both have half of what a session may. */
const PIPE_BYTES = 128 * 1024;
/** pipe2(2) has the flags of socket(2). */
const FLAGS = SOCK_NONBLOCK_CLOEXEC;

/** A pipe through which bytes go from socket to socket without being copied (splice(2)). Between two uses it is empty. */
export class Pipe {
  readonly #libc: Libc;
  readonly #reading: number;
  readonly #writing: number;
  #held = 0;

  private constructor(libc: Libc, reading: number, writing: number) {
    this.#libc = libc;
    this.#reading = reading;
    this.#writing = writing;
    libc.fcntl(writing, F_SETPIPE_SZ, PIPE_BYTES);
  }

  /** Undefined where there is no descriptor for one, or the call is forbidden. */
  static open(libc: Libc): Pipe | undefined {
    const ends = libc.memory(8);
    if (libc.pipe2(ends.address, FLAGS) < 0) return undefined;
    const pipe = new Pipe(libc, ends.words[0] as number, ends.words[1] as number);
    if (pipe.#isAllowed()) return pipe;
    pipe.close();
    return undefined;
  }

  /** Takes from a socket what it has; how many bytes, as of recv(2). */
  fill(from: number): number {
    const taken = this.#libc.splice(from, 0, this.#writing, 0, PIPE_BYTES, SPLICE_MOVE_NONBLOCK);
    this.#held = Math.max(0, taken);
    return taken;
  }

  /** Gives a socket what it takes; true where that was all. */
  pour(to: number): boolean {
    while (this.#held > 0) {
      const given = this.#libc.splice(this.#reading, 0, to, 0, this.#held, SPLICE_MOVE_NONBLOCK);
      if (given <= 0) return false;
      this.#held -= given;
    }
    return true;
  }

  close(): void {
    this.#libc.close(this.#reading);
    this.#libc.close(this.#writing);
  }

  /** A pipe cannot be spliced into itself, which the kernel says unless a seccomp profile answers in its place. */
  #isAllowed(): boolean {
    this.#libc.splice(this.#reading, 0, this.#writing, 0, 1, SPLICE_MOVE_NONBLOCK);
    return this.#libc.errno() === EINVAL;
  }

  /** Takes back what was not poured. Throws where the kernel does not give it: the next stream would send another's bytes. */
  takeBack(): Buffer {
    const memory = this.#libc.memory(this.#held);
    let at = 0;
    while (at < this.#held) {
      const read = this.#libc.read(this.#reading, memory.address + at, this.#held - at);
      if (read > 0) at += read;
      else if (read === 0 || this.#libc.errno() !== EINTR)
        throw new Error("a pipe does not give back what it holds");
    }
    this.#held = 0;
    return memory.bytes.subarray(0, at);
  }
}
