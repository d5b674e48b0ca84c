import type { Libc, Memory } from "./libc.ts";
import { EAGAIN, EBUSY, EINTR, ENOMEM } from "./linux.ts";
import {
  BUFFER_RING,
  CANCEL,
  COMPLETION,
  ENTER_GETEVENTS,
  ENTER_REGISTERED_RING,
  ENTRY,
  REGISTER_PBUF_RING,
} from "./uring-abi.ts";
import {
  ATTEMPTS,
  awaitMemory,
  closeRing,
  type OpenRing,
  openRing,
  RingError,
  type RingSize,
} from "./uring-opening.ts";

/** Is told of a completion: the two words that its entry had for this, its result, and its flags. */
export type Completed = (low: number, high: number, result: number, flags: number) => void;

const WORD_BYTES = 4;
const ENTRY_WORDS = ENTRY.bytes / WORD_BYTES;
const COMPLETION_WORDS = COMPLETION.bytes / WORD_BYTES;
/** The longest name of a socket, and more. */
const PLACE_BYTES = 128;
/** A cancel finds what it ends by its words. */
const NO_DESCRIPTOR = -1;
/** Behind these the next call goes on; nothing is lost. */
const PASSING: ReadonlySet<number> = new Set([EAGAIN, EBUSY, EINTR]);

/**
 * The two queues of an io_uring(7) that this thread alone uses: entries, which say what the kernel shall do, and completions,
 * which say what it has done. The kernel reads and writes them within this thread's own calls (DEFER_TASKRUN), before and behind
 * which a thread's stores and loads stay where they are: no Atomics are needed.
 */
export class Ring {
  readonly #libc: Libc;
  readonly #open: OpenRing;
  /** For each entry a place for what the kernel reads when it takes the entry. */
  readonly #places: Memory;
  /** What a group of buffers is registered with. */
  readonly #group: Memory;
  readonly #pages: Memory[] = [];
  readonly #name: number;
  readonly #nameFlag: number;
  #tail = 0;
  #head = 0;
  #pending = 0;

  /** Throws a RingError where the kernel refuses. */
  constructor(libc: Libc, size: RingSize) {
    this.#libc = libc;
    this.#open = openRing(libc, size);
    this.#places = libc.memory(this.#open.entries * PLACE_BYTES);
    this.#group = libc.memory(BUFFER_RING.bytes);
    const { number, fd } = this.#open;
    this.#name = number ?? fd;
    this.#nameFlag = number === undefined ? 0 : ENTER_REGISTERED_RING;
  }

  /** Readable while there are completions. */
  get fd(): number {
    return this.#open.fd;
  }

  /** Entries that the kernel has not taken yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Completions that are there now. */
  get ready(): number {
    return (this.#completionTail() - this.#head) | 0;
  }

  /** Memory that stays as long as the ring. Throws a RingError where there is none. */
  pages(bytes: number): Memory {
    const pages = this.#libc.pages(bytes);
    if (pages === undefined) throw new RingError("mmap", ENOMEM);
    this.#pages.push(pages);
    return pages;
  }

  /** Registers a ring of buffers, which the kernel fills, as a group (io_uring_register(2)). Throws a RingError where the kernel refuses. */
  register(group: number, address: number, entries: number): void {
    const { words, address: argument } = this.#group;
    words.fill(0);
    writeAddress(words, BUFFER_RING.address, address);
    words[BUFFER_RING.entries] = entries;
    words[BUFFER_RING.group] = group;
    if (this.#libc.ioUringRegister(this.fd, REGISTER_PBUF_RING, argument, 1) < 0)
      throw new RingError("io_uring_register", this.#libc.errno());
  }

  /**
   * Writes an entry: a first word of `uring-abi.ts`, what it works on, and the two words that come back with its completion.
   * Throws where the queue is full and the kernel takes none of it for 200 ms.
   */
  push(
    word: number,
    descriptor: number,
    address: number,
    length: number,
    flags: number,
    low: number,
    high: number,
    group = 0,
    offset = 0,
  ): void {
    const { words } = this.#open.entryTable;
    const at = this.#next();
    words[at + ENTRY.operation] = word;
    words[at + ENTRY.descriptor] = descriptor;
    words[at + ENTRY.offset] = offset;
    writeAddress(words, at + ENTRY.address, address);
    words[at + ENTRY.length] = length;
    words[at + ENTRY.flags] = flags;
    words[at + ENTRY.low] = low;
    words[at + ENTRY.high] = high;
    words[at + ENTRY.group] = group;
  }

  /** Ends the operation whose entry had these two words, if it is under way. Only where it is not, a completion comes of this: of zeros. */
  cancel(low: number, high: number): void {
    this.push(CANCEL, NO_DESCRIPTOR, 0, 0, 0, 0, 0);
    const { words } = this.#open.entryTable;
    const at = this.#at(this.#tail - 1) * ENTRY_WORDS + ENTRY.address;
    words[at] = low;
    words[at + 1] = high;
  }

  /** Where bytes now are that the kernel reads when it takes the entry that is pushed next: 128 at most. */
  place(bytes: Uint8Array): number {
    this.#makeRoom();
    const at = this.#at(this.#tail) * PLACE_BYTES;
    this.#places.bytes.set(bytes, at);
    return this.#places.address + at;
  }

  /** Has the kernel take what was pushed. */
  submit(): void {
    this.#enter(0, 0);
  }

  /** The same, and has it tell of what has ended. */
  flush(): void {
    this.#enter(0, ENTER_GETEVENTS);
  }

  /** The same, and waits for a completion where there is none; or until a signal comes. */
  wait(): void {
    this.#enter(1, ENTER_GETEVENTS);
  }

  /** Tells of the completions that are there now and whose second word is so; to `reap` they are of zeros. How many there were. */
  reapFirst(isFirst: (high: number) => boolean, told: Completed): number {
    const { words } = this.#open.queues;
    const tail = this.#completionTail();
    let count = 0;
    for (let head = this.#head; head !== tail; head = (head + 1) | 0) {
      const at = this.#completionAt(head);
      if (!isFirst(words[at + COMPLETION.high] as number)) continue;
      count += 1;
      this.#tell(at, told);
      words[at + COMPLETION.low] = 0;
      words[at + COMPLETION.high] = 0;
    }
    return count;
  }

  /** Tells of each completion that is there now; how many there were. */
  reap(told: Completed): number {
    const tail = this.#completionTail();
    const count = (tail - this.#head) | 0;
    while (this.#head !== tail) {
      const at = this.#completionAt(this.#head);
      this.#head = (this.#head + 1) | 0;
      this.#tell(at, told);
    }
    this.#open.queues.words[this.#open.completionHead] = this.#head;
    return count;
  }

  /** Gives it back to the kernel. Nothing may be under way. */
  close(): void {
    closeRing(this.#libc, this.#open);
    for (const each of this.#pages) this.#libc.unmap(each);
  }

  #completionTail(): number {
    return this.#open.queues.words[this.#open.completionTail] as number;
  }

  #completionAt(head: number): number {
    const { completionTable, completions } = this.#open;
    return completionTable + (head & (completions - 1)) * COMPLETION_WORDS;
  }

  #tell(at: number, told: Completed): void {
    const { words } = this.#open.queues;
    const low = words[at + COMPLETION.low] as number;
    const high = words[at + COMPLETION.high] as number;
    told(low, high, words[at + COMPLETION.result] as number, words[at + COMPLETION.flags] as number);
  }

  /** Where the words of the next entry are, which is about to be written. */
  #next(): number {
    this.#makeRoom();
    const at = this.#at(this.#tail) * ENTRY_WORDS;
    this.#tail = (this.#tail + 1) | 0;
    this.#pending += 1;
    return at;
  }

  #at(tail: number): number {
    return tail & (this.#open.entries - 1);
  }

  #makeRoom(): void {
    for (let attempt = 0; this.#pending === this.#open.entries; attempt++) {
      if (attempt === ATTEMPTS) throw new Error("the kernel takes no entry of the ring");
      if (attempt > 1) awaitMemory();
      this.submit();
    }
  }

  #enter(atLeast: number, flags: number): void {
    const { words } = this.#open.queues;
    words[this.#open.completionHead] = this.#head;
    words[this.#open.submissionTail] = this.#tail;
    const taken = this.#libc.ioUringEnter(this.#name, this.#pending, atLeast, flags | this.#nameFlag);
    if (taken >= 0) this.#pending -= taken;
    else if (!PASSING.has(this.#libc.errno())) throw new RingError("io_uring_enter", this.#libc.errno());
  }
}

/** Writes an address, which is below 2^53, into two words. */
export function writeAddress(words: Int32Array, at: number, address: number): void {
  words[at] = address;
  words[at + 1] = address / 2 ** 32;
}
