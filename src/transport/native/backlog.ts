import type { Libc, Memory } from "./libc.ts";

interface Piece {
  readonly memory: Memory;
  length: number;
}

/** Short messages share a piece. */
const PIECE_BYTES = 4_096;

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
    const last = this.#pieces.at(-1);
    const piece = last !== undefined && roomIn(last) >= bytes.length ? last : this.#newPiece(bytes.length);
    piece.memory.bytes.set(bytes, piece.length);
    piece.length += bytes.length;
    this.#bytes += bytes.length;
  }

  /** Adds what comes before all that is there, of which the kernel has nothing yet. */
  addFirst(bytes: Uint8Array): void {
    const memory = this.#libc.memory(bytes.length);
    memory.bytes.set(bytes);
    this.#pieces.unshift({ memory, length: bytes.length });
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

  #newPiece(bytes: number): Piece {
    const piece = { memory: this.#libc.memory(Math.max(PIECE_BYTES, bytes)), length: 0 };
    this.#pieces.push(piece);
    return piece;
  }
}

function roomIn({ memory, length }: Piece): number {
  return memory.bytes.length - length;
}
