import type { Chunk } from "./engine.ts";
import { EAGAIN, ECANCELED, EINTR, ENOBUFS, POLLIN } from "./linux.ts";
import {
  BUFFER_SHIFT,
  HAS_BUFFER,
  HAS_MORE,
  IS_NOT_EMPTY,
  POLL,
  RECEIVE,
  RECEIVE_LATER,
  RECEIVE_MANY,
} from "./uring-abi.ts";
import { type Beginnings, HABIT } from "./uring-beginnings.ts";
import type { Buffers, Hungry } from "./uring-buffers.ts";
import type { UringDescriptor } from "./uring-descriptor.ts";
import { OPERATION, type UringSet } from "./uring-set.ts";

/** Is told what is received. Each of its functions may end the reception. */
export interface Recipient {
  received(chunk: Chunk): void;
  /** Whether what is received goes on as it is, so that the kernel may be asked to pass it on. */
  readonly isPassing: boolean;
  /** Has the kernel pass on what is there: how many bytes, 0 where it passes none, an error where that is negative. */
  passOn(): number;
  /** Nothing more comes: an error, or 0 where the peer has finished. */
  over(errno: number): void;
}

/** Passes in a row before it is another's turn. */
const MOST_PASSES = 4;
/** After these the next attempt may succeed. */
const TRANSIENT: ReadonlySet<number> = new Set([EAGAIN, ECANCELED, EINTR]);

/**
 * Receives from a descriptor as long as it is not paused, in the way that suits what has come lately. An operation that receives
 * again and again costs less for each message, and goes on until it is cancelled; so it is for connections whose messages are
 * short, or are expected to be, and the group of its buffers bounds what comes until then. Else an operation receives once, and
 * ends. Bulk that goes on as it is, the kernel moves itself: an operation says when there is some.
 */
export class Reception implements Hungry {
  readonly #set: UringSet;
  readonly #descriptor: UringDescriptor;
  readonly #recipient: Recipient;
  #isPaused = false;
  #isOver = false;
  #isHungry = false;
  /** Where the operation that is under way receives to, and whether it does so again and again, or says that there is something. */
  #buffers: Buffers;
  #isMany = false;
  #isPoll = false;
  #isCancelled = false;
  /** Undefined from the first message on. */
  #beginnings: Beginnings | undefined;
  /** How many messages in a row were short, and how many were not long. */
  #shorts = 0;
  #notLong = HABIT;

  constructor(set: UringSet, descriptor: UringDescriptor, recipient: Recipient) {
    this.#set = set;
    this.#descriptor = descriptor;
    this.#recipient = recipient;
    this.#buffers = set.medium;
  }

  /** Begins, as peers of its kind do. */
  start(beginnings: Beginnings, isLikely: boolean): void {
    this.#beginnings = beginnings;
    if (beginnings.areShort) this.#shorts = HABIT;
    this.begin(isLikely);
  }

  /** Goes on; `isLikely`: something may be there already. */
  begin(isLikely: boolean): void {
    if (this.#isPaused || this.#isOver || this.#isHungry) return;
    if (this.#descriptor.isUnderWay(OPERATION.receive)) return;
    this.#choose();
    if (this.#isPoll) this.#descriptor.start(OPERATION.receive, POLL, 0, 0, POLLIN);
    else this.#receive(this.#isMany ? RECEIVE_MANY : isLikely ? RECEIVE : RECEIVE_LATER);
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
    if (this.#isPoll) {
      this.#isPoll = false;
      this.#passOn();
      return;
    }
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
    this.#isPoll = this.#buffers === long && this.#recipient.isPassing;
  }

  #receive(word: number): void {
    this.#descriptor.start(OPERATION.receive, word, 0, 0, 0, this.#buffers.group);
  }

  #passOn(): void {
    for (let passes = 0; passes < MOST_PASSES; passes++) {
      if (this.#isPaused || this.#isOver) return;
      const passed = this.#recipient.passOn();
      if (passed > 0) this.#note(passed);
      else if (passed === -EAGAIN && passes > 0) break;
      else {
        this.#passNot(-passed);
        return;
      }
    }
    this.begin(false);
  }

  /** What there is cannot be passed on, or is an end. */
  #passNot(errno: number): void {
    if (errno > 0 && !TRANSIENT.has(errno)) this.#stopped(errno);
    else this.#receive(RECEIVE);
  }

  #note(length: number): void {
    const { short, medium } = this.#set;
    this.#beginnings?.note(length < short.bytes);
    this.#beginnings = undefined;
    this.#shorts = length < short.bytes ? this.#shorts + 1 : 0;
    this.#notLong = length < medium.bytes ? this.#notLong + 1 : 0;
  }

  #take(number: number, length: number): void {
    const lent = this.#buffers.take(number, length);
    this.#note(length);
    // More is coming than short buffers are for.
    if (this.#shorts === 0) this.#cancelMany();
    try {
      if (length > 0 && !this.#isOver) this.#recipient.received(lent);
    } finally {
      lent.release();
    }
  }

  #stopped(errno: number): void {
    if (this.#isOver) return;
    if (errno === 0) this.#end(errno);
    else if (errno === ENOBUFS) this.#starve();
    else if (!TRANSIENT.has(errno)) this.#end(errno);
  }

  #starve(): void {
    this.#isHungry = true;
    this.#buffers.starve(this);
  }

  #end(errno: number): void {
    this.#isOver = true;
    this.#recipient.over(errno);
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
