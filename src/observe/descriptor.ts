import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { Writable } from "node:stream";

const RETRY_MS = 50;
const LINE_END = Buffer.from("\n");

/**
 * What stands behind a file descriptor, written to in lines. A line that cannot be written is dropped, with one "error", after
 * which it goes on with the next; one that was cut is ended first. Node's own streams end with an error, lose the rest of
 * what a full disk takes half of, and block the whole process while a terminal is stopped (Ctrl-S).
 */
export class Descriptor extends Writable {
  readonly #fd: number;
  #cut = false;

  private constructor(fd: number) {
    super({ decodeStrings: true });
    this.#fd = fd;
  }

  /** A terminal, which is not waited for; throws where it may be written to but not opened, as another user's after su. */
  static ofTerminal(fd: number): Descriptor {
    // Opened anew, so that no other process that shares the descriptor finds it changed.
    return new Descriptor(openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK));
  }

  /** A file or a device; undefined for what has a reader: a pipe or a socket. */
  static ofFile(fd: number): Descriptor | undefined {
    const stat = fstatSync(fd);
    return stat.isFile() || stat.isCharacterDevice() ? new Descriptor(fd) : undefined;
  }

  override _write(line: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#put(this.#cut ? Buffer.concat([LINE_END, line]) : line, done);
  }

  #put(bytes: Buffer, done: () => void): void {
    let rest = bytes;
    try {
      while (rest.length > 0) {
        const written = writeSync(this.#fd, rest);
        this.#cut = rest[written - 1] !== LINE_END[0];
        rest = rest.subarray(written);
      }
      done();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") {
        setTimeout(() => this.#put(rest, done), RETRY_MS).unref();
      } else {
        this.emit("error", error);
        done();
      }
    }
  }
}
