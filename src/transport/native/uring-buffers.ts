import type { Chunk } from "./engine.ts";
import type { Memory } from "./libc.ts";
import { BUFFER } from "./uring-abi.ts";
import { type Ring, writeAddress } from "./uring-ring.ts";

/** How many buffers a group has, a power of two, and how long each is. */
export interface GroupSize {
  readonly count: number;
  readonly bytes: number;
}

/** Waits for a buffer. */
export interface Hungry {
  /** One is free again. */
  feed(): void;
}

const WORD_BYTES = 4;
const BUFFER_WORDS = BUFFER.bytes / WORD_BYTES;
/** Buffers that begin at multiples of a page would share few lines of the processor's caches. */
const GAP_BYTES = 192;
/** The tail of a ring of buffers has 16 bits. */
const TAIL_MASK = 0xffff;

/** A buffer of a group that the kernel has filled. Each that holds it says when it needs it no longer; the last gives it back. */
export class Lent implements Chunk {
  length = 0;
  readonly address: number;
  readonly #bytes: Buffer;
  readonly #giveBack: () => void;
  #holders = 0;

  constructor(address: number, bytes: Buffer, giveBack: () => void) {
    this.address = address;
    this.#bytes = bytes;
    this.#giveBack = giveBack;
  }

  view(from = 0): Buffer {
    return this.#bytes.subarray(from, this.length);
  }

  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#giveBack();
  }
}

/**
 * Buffers that the kernel fills as bytes come (a ring of provided buffers, io_uring_register(2)): what waits for bytes holds
 * none. They are few, and each comes back within a step or two: nobody may keep one while it waits for a peer.
 */
export class Buffers {
  /** The number of the group. */
  readonly group: number;
  readonly #arena: Memory;
  readonly #ring: Memory;
  readonly #halves: Uint16Array;
  readonly #size: GroupSize;
  readonly #all: readonly Lent[];
  /** In the order of their coming. */
  readonly #hungry = new Set<Hungry>();
  #tail = 0;
  #lentOut = 0;

  /** Registers a group of that number with a ring, as long as which it lasts. Throws a RingError where the kernel refuses. */
  constructor(ring: Ring, group: number, size: GroupSize) {
    const { count, bytes } = size;
    const stride = bytes + GAP_BYTES;
    this.group = group;
    this.#size = size;
    this.#arena = ring.pages(count * stride);
    this.#ring = ring.pages(count * BUFFER.bytes);
    this.#halves = new Uint16Array(this.#ring.words.buffer);
    this.#all = Array.from({ length: count }, (_, number) => this.#lent(number, number * stride));
    ring.register(group, this.#ring.address, count);
    for (let number = 0; number < count; number++) this.#provide(number);
  }

  /** How long each is. */
  get bytes(): number {
    return this.#size.bytes;
  }

  /** The buffer of that number, which the kernel has filled with so many bytes, in the hands of one holder. */
  take(number: number, length: number): Lent {
    const lent = this.#all[number] as Lent;
    lent.length = length;
    lent.hold();
    this.#lentOut += 1;
    return lent;
  }

  /** Feeds it once a buffer is free: at once, or when one comes back. */
  starve(hungry: Hungry): void {
    this.#hungry.add(hungry);
    if (this.#lentOut === 0) this.#feed();
  }

  /** It does not wait any more. */
  leave(hungry: Hungry): void {
    this.#hungry.delete(hungry);
  }

  #lent(number: number, at: number): Lent {
    const bytes = this.#arena.bytes.subarray(at, at + this.#size.bytes);
    return new Lent(this.#arena.address + at, bytes, () => this.#takeBack(number));
  }

  #takeBack(number: number): void {
    this.#lentOut -= 1;
    this.#provide(number);
    if (this.#hungry.size > 0) this.#feed();
  }

  /** Feeds the one that has waited longest; where all buffers are free, those that wait. */
  #feed(): void {
    for (const hungry of this.#hungry) {
      this.#hungry.delete(hungry);
      hungry.feed();
      if (this.#lentOut > 0) return;
    }
  }

  /** Lays the buffer of that number behind the last. */
  #provide(number: number): void {
    const { address } = this.#all[number] as Lent;
    const { count, bytes } = this.#size;
    const at = (this.#tail & (count - 1)) * BUFFER_WORDS;
    const { words } = this.#ring;
    writeAddress(words, at + BUFFER.address, address);
    words[at + BUFFER.length] = bytes;
    this.#halves[2 * (at + BUFFER.number)] = number;
    this.#tail = (this.#tail + 1) & TAIL_MASK;
    // A thread of the kernel's may look for a buffer, too.
    Atomics.store(this.#halves, BUFFER.tailHalf, this.#tail);
  }
}
