import type { Chunk } from "./engine.ts";
import type { Libc, Memory } from "./libc.ts";

/** Bytes that one system call reads at most. */
export const READ_BYTES = 64 * 1024;

/** Room for one read, as far as it is filled. */
export class Box implements Chunk {
  length = 0;
  readonly address: number;
  readonly #memory: Memory;

  constructor(libc: Libc) {
    this.#memory = libc.memory(READ_BYTES);
    this.address = this.#memory.address;
  }

  view(from = 0): Buffer {
    return this.#memory.bytes.subarray(from, this.length);
  }

  /** Takes in the first of these bytes, as many as there is room for. */
  fill(bytes: Uint8Array): this {
    const fits = bytes.length <= READ_BYTES;
    this.length = fits ? bytes.length : READ_BYTES;
    this.#memory.bytes.set(fits ? bytes : bytes.subarray(0, READ_BYTES));
    return this;
  }
}
