import { constants, openSync, writeSync } from "node:fs";
import { Writable } from "node:stream";

const RETRY_MS = 50;

/**
 * The terminal behind a file descriptor, written to without ever waiting for it: Node's own stream blocks the whole
 * process while a terminal is stopped (Ctrl-S).
 */
export class Terminal extends Writable {
  readonly #fd: number;

  constructor(fd: number) {
    super({ decodeStrings: true });
    // Opened anew, so that nobody who shares the descriptor finds it changed.
    this.#fd = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    try {
      const written = writeSync(this.#fd, chunk);
      if (written < chunk.length) this._write(chunk.subarray(written), _encoding, done);
      else done();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") done(error as Error);
      else setTimeout(() => this._write(chunk, _encoding, done), RETRY_MS).unref();
    }
  }
}
