import type { Libc, Memory } from "./libc.ts";

interface Piece {
  readonly memory: Memory;
  readonly length: number;
}

/** Copies of what the kernel has not taken, in order. */
export class Backlog {
  readonly #libc: Libc;
  readonly #pieces: Piece[] = [];
  /** Of the first piece, what the kernel has. */
  #taken = 0;
  #bytes = 0;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Uint8Array): void {
    const memory = this.#libc.memory(bytes.length);
    memory.bytes.set(bytes);
    this.#pieces.push({ memory, length: bytes.length });
    this.#bytes += bytes.length;
  }

  /** The bytes that are next: where they are, and how many lie behind one another. */
  get address(): number {
    return (this.#pieces[0] as Piece).memory.address + this.#taken;
  }
  get length(): number {
    return (this.#pieces[0] as Piece).length - this.#taken;
  }

  /** The kernel has so many of the next ones. */
  take(bytes: number): void {
    this.#bytes -= bytes;
    this.#taken += bytes;
    if (this.#taken < (this.#pieces[0] as Piece).length) return;
    this.#pieces.shift();
    this.#taken = 0;
  }
}
