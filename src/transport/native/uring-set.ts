import { Descriptors } from "./descriptors.ts";
import type { EngineEvents } from "./engine.ts";
import type { Libc } from "./libc.ts";
import { POLLIN } from "./linux.ts";
import { Pipe } from "./pipe.ts";
import { SocketCalls } from "./socket-calls.ts";
import { Spare } from "./spare.ts";
import { CLOSE, POLL, TIMEOUT } from "./uring-abi.ts";
import { Alarm } from "./uring-alarm.ts";
import { Beginnings } from "./uring-beginnings.ts";
import { Buffers } from "./uring-buffers.ts";
import { Ring } from "./uring-ring.ts";
import { Scarcity } from "./uring-scarcity.ts";
import { Vigil } from "./uring-vigil.ts";

/** What may be under way on a descriptor, each of them once. */
export const OPERATION = { connect: 1, receive: 2, send: 3, poll: 4, accept: 5 } as const;
export const OPERATIONS = Object.values(OPERATION);
export type Operation = (typeof OPERATIONS)[number];

/** What a descriptor of the set belongs to. */
export interface Member {
  /** An operation on it tells something: its result, an error where that is negative, and the flags of a completion. */
  completed(operation: Operation, result: number, flags: number): void;
}

/** An entry tells of its completion the descriptor, and its generation with the operation behind it; of what is not waited for, zeros. */
const OPERATION_BITS = 4;
const OPERATION_MASK = 15;
/** Operations of the set itself, on no descriptor. */
const VIGIL = 15;
const ALARM = 14;
const NO_DESCRIPTOR = -1;

/** Locked memory, of which a user may have little. What does not fit into the queue of completions waits in the kernel. */
const RING = { entries: 512, completions: 4_096 };

/** Groups of buffers: each few enough to stay in the processor's caches, and as many as streams that one step mostly finds readable. */
const SHORT = { count: 128, bytes: 1_024 };
const MEDIUM = { count: 64, bytes: 8 * 1_024 };
const LONG = { count: 8, bytes: 64 * 1_024 };

const isOfConnecting = (high: number) => (high & OPERATION_MASK) === OPERATION.connect;

/** One ring with its members, and the memory that their operations share. */
export class UringSet {
  readonly libc: Libc;
  readonly sockets: SocketCalls;
  readonly spare: Spare;
  readonly short: Buffers;
  readonly medium: Buffers;
  readonly long: Buffers;
  /** How those begin that were accepted, and those that were dialled. */
  readonly clients = new Beginnings();
  readonly backends = new Beginnings();
  readonly vigil: Vigil;
  readonly scarcity: Scarcity;
  /** For bulk; undefined where there was no descriptor for it. */
  readonly pipe: Pipe | undefined;
  readonly #ring: Ring;
  readonly #alarm: Alarm;
  readonly #told: EngineEvents;
  readonly #members = new Descriptors<Member>();
  /** Members whose descriptors are to be closed here. */
  #inCare = 0;

  /** Throws a RingError where the kernel refuses. */
  constructor(libc: Libc, told: EngineEvents) {
    this.libc = libc;
    this.#told = told;
    this.#ring = new Ring(libc, RING);
    try {
      this.short = new Buffers(this.#ring, 0, SHORT);
      this.medium = new Buffers(this.#ring, 1, MEDIUM);
      this.long = new Buffers(this.#ring, 2, LONG);
    } catch (error) {
      this.#ring.close();
      throw error;
    }
    this.#alarm = new Alarm(this.#ring, ALARM);
    this.vigil = new Vigil(libc, () => this.#beginVigil());
    this.scarcity = new Scarcity(libc);
    this.sockets = new SocketCalls(libc);
    this.spare = new Spare(libc);
    this.pipe = Pipe.open(libc);
  }

  get fd(): number {
    return this.#ring.fd;
  }

  get isDue(): boolean {
    return this.#ring.pending > 0;
  }

  /** Takes a descriptor in; gives the second word of its operations, without the operation. */
  add(descriptor: number, member: Member): number {
    this.#inCare += 1;
    if (this.#inCare === 1) this.#told.occupied(true);
    return this.#enter(descriptor, member);
  }

  /** See Ring.push. */
  start(
    word: number,
    descriptor: number,
    address: number,
    length: number,
    flags: number,
    high: number,
    group: number,
    offset: number,
  ): void {
    if (this.#ring.pending === 0) this.#told.due();
    this.#ring.push(word, descriptor, address, length, flags, descriptor, high, group, offset);
  }

  cancel(descriptor: number, high: number): void {
    if (this.#ring.pending === 0) this.#told.due();
    this.#ring.cancel(descriptor, high);
  }

  /** Where bytes are for the operation that is started next: 128 at most. */
  place(bytes: Uint8Array): number {
    return this.#ring.place(bytes);
  }

  /** Has the kernel take what was started. */
  submit(): void {
    this.#ring.submit();
  }

  /** The same, and has it end what was cancelled. */
  flush(): void {
    this.#ring.flush();
  }

  /** Gives a descriptor back to the kernel. Nothing may be under way on it. */
  close(descriptor: number): void {
    this.#members.delete(descriptor);
    if (this.#ring.pending === 0) this.#told.due();
    this.#ring.push(CLOSE, descriptor, 0, 0, 0, 0, 0);
    this.#inCare -= 1;
    if (this.#inCare > 0) return;
    // The driver may take no further step.
    this.#ring.submit();
    this.#told.occupied(false);
  }

  /** See Engine.watch. */
  watch(descriptor: number, readable: () => void): void {
    const high = this.#enter(descriptor, {
      completed: () => {
        readable();
        again();
      },
    });
    const again = () => this.start(POLL, descriptor, 0, 0, POLLIN, high | OPERATION.poll, 0, 0);
    again();
  }

  /** See Engine.step. */
  step(timeoutMs: number, nowMs = 0): number {
    if (timeoutMs > 0) this.#alarm.within(timeoutMs, nowMs);
    if (timeoutMs === 0) this.#ring.flush();
    else this.#ring.wait();
    this.#told.woke();
    const connected = this.#ring.reapFirst(isOfConnecting, this.#completed);
    if (connected > 0 && connected < this.#ring.ready) this.#told.opened();
    return this.#ring.reap(this.#completed);
  }

  /** Gives all of it back to the kernel, which has nothing in its care. */
  end(): void {
    this.#ring.close();
    this.spare.close();
    this.pipe?.close();
  }

  #beginVigil(): void {
    this.#ring.push(TIMEOUT, NO_DESCRIPTOR, this.vigil.wait.address, 1, 0, NO_DESCRIPTOR, VIGIL);
  }

  #enter(descriptor: number, member: Member): number {
    return this.#members.add(descriptor, member) << OPERATION_BITS;
  }

  readonly #completed = (descriptor: number, high: number, result: number, flags: number): void => {
    const operation = high & OPERATION_MASK;
    if (operation === 0) return;
    const member = this.#members.at(descriptor, high >>> OPERATION_BITS);
    try {
      if (operation === ALARM) this.#alarm.rang();
      else if (operation === VIGIL) this.vigil.end();
      else member?.completed(operation as Operation, result, flags);
    } catch (error) {
      this.#told.defect(error);
    }
  };
}
