import type { Chunk } from "./engine.ts";
import { EAGAIN, ECANCELED, EINTR, ENOBUFS } from "./linux.ts";
import {
  BUFFER_SHIFT,
  HAS_BUFFER,
  HAS_MORE,
  IS_NOT_EMPTY,
  RECEIVE,
  RECEIVE_LATER,
  RECEIVE_MANY,
} from "./uring-abi.ts";
import type { Buffers, Hungry } from "./uring-buffers.ts";
import type { UringDescriptor } from "./uring-descriptor.ts";
import { OPERATION, type UringSet } from "./uring-set.ts";

/** Is told what is received. Each of its functions may end the reception. */
export interface Recipient {
  received(chunk: Chunk): void;
  /** Nothing more comes: an error, or 0 where the peer has finished. */
  over(errno: number): void;
}

/** What has come so many times in a row is expected to go on. */
const HABIT = 8;
/** After these the next attempt may succeed. */
const PASSING: ReadonlySet<number> = new Set([EAGAIN, ECANCELED, EINTR]);

/**
 * Receives from a descriptor as long as it is not paused, into buffers of the size that its messages mostly have. An operation that
 * receives once ends by itself. One that receives again and again costs less for each message, and goes on until it is
 * cancelled; so it is for connections whose messages are short, and the group of its buffers bounds what comes until then.
 */
export class Reception implements Hungry {
  readonly #set: UringSet;
  readonly #descriptor: UringDescriptor;
  readonly #recipient: Recipient;
  #isPaused = false;
  #isOver = false;
  #isHungry = false;
  /** Where the operation that is under way receives to, and whether it does so again and again. */
  #buffers: Buffers;
  #isMany = false;
  #isCancelled = false;
  /** How many messages in a row were short, and how many were not long. */
  #shorts = 0;
  #notLong = HABIT;

  constructor(set: UringSet, descriptor: UringDescriptor, recipient: Recipient) {
    this.#set = set;
    this.#descriptor = descriptor;
    this.#recipient = recipient;
    this.#buffers = set.medium;
  }

  /** Begins, or goes on; `isLikely`: something may be there already. */
  begin(isLikely: boolean): void {
    if (this.#isPaused || this.#isOver || this.#isHungry) return;
    if (this.#descriptor.isUnderWay(OPERATION.receive)) return;
    this.#choose();
    const word = this.#isMany ? RECEIVE_MANY : isLikely ? RECEIVE : RECEIVE_LATER;
    this.#descriptor.start(OPERATION.receive, word, 0, 0, 0, this.#buffers.group);
  }

  pause(): void {
    this.#isPaused = true;
    this.#beSated();
    this.#cancelMany();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.begin(true);
  }

  /** Tells nothing more. */
  stop(): void {
    this.#isOver = true;
    this.#beSated();
  }

  feed(): void {
    this.#isHungry = false;
    this.begin(true);
  }

  /** The operation has told something; where it was its last, it is not under way any more. */
  completed(result: number, flags: number): void {
    if ((flags & HAS_MORE) === 0) this.#isMany = false;
    if ((flags & HAS_BUFFER) !== 0) this.#take(flags >>> BUFFER_SHIFT, Math.max(0, result));
    if (result <= 0) this.#stopped(-result);
    this.begin((flags & IS_NOT_EMPTY) !== 0);
  }

  #choose(): void {
    const { short, medium, long } = this.#set;
    this.#isMany = this.#shorts >= HABIT;
    this.#isCancelled = false;
    this.#buffers = this.#isMany ? short : this.#notLong >= HABIT ? medium : long;
  }

  #take(number: number, length: number): void {
    const lent = this.#buffers.take(number, length);
    const { short, medium } = this.#set;
    this.#shorts = length < short.bytes ? this.#shorts + 1 : 0;
    this.#notLong = length < medium.bytes ? this.#notLong + 1 : 0;
    // More is coming than short buffers are for.
    if (this.#shorts === 0) this.#cancelMany();
    try {
      if (length > 0 && !this.#isOver) this.#recipient.received(lent);
    } finally {
      lent.release();
    }
  }

  #stopped(errno: number): void {
    if (this.#isOver || PASSING.has(errno)) return;
    if (errno === ENOBUFS) {
      this.#isHungry = true;
      this.#buffers.starve(this);
    } else {
      this.#isOver = true;
      this.#recipient.over(errno);
    }
  }

  #cancelMany(): void {
    if (!this.#isMany || this.#isCancelled) return;
    this.#isCancelled = true;
    this.#descriptor.cancel(OPERATION.receive);
  }

  /** A feed is for those that can use it. */
  #beSated(): void {
    if (!this.#isHungry) return;
    this.#isHungry = false;
    this.#buffers.leave(this);
  }
}
