import { F_SETFL, O_NONBLOCK } from "./linux.ts";
import { POLL } from "./uring-abi.ts";
import { type Member, OPERATIONS, type Operation, type UringSet } from "./uring-set.ts";

/** A descriptor in the care of a set, with the operations that are under way on it: as long as there is one, it is not given back. */
export class UringDescriptor {
  readonly number: number;
  readonly #set: UringSet;
  readonly #high: number;
  /** A bit for each operation. */
  #underWay = 0;
  /** The same of those that have the kernel wait until they can be done, which takes a descriptor that waits. */
  #patient = 0;
  #waits = true;
  #gone: (() => void) | undefined;

  constructor(set: UringSet, number: number, member: Member) {
    this.#set = set;
    this.number = number;
    this.#high = set.add(number, member);
  }

  isUnderWay(operation: Operation): boolean {
    return (this.#underWay & (1 << operation)) !== 0;
  }

  /** Starts an operation that is not under way; the rest as Ring.push. */
  start(
    operation: Operation,
    word: number,
    address: number,
    length: number,
    flags: number,
    group = 0,
    offset = 0,
  ): void {
    this.#underWay |= 1 << operation;
    if (word !== POLL) {
      this.#patient |= 1 << operation;
      this.#wait(true);
    }
    this.#set.start(word, this.number, address, length, flags, this.#high | operation, group, offset);
  }

  /** Has an operation end soon; it tells with ECANCELED, unless it has something else to tell. */
  cancel(operation: Operation): void {
    this.#set.cancel(this.number, this.#high | operation);
  }

  /** The operation has told its last. */
  ended(operation: Operation): void {
    this.#underWay &= ~(1 << operation);
    this.#patient &= ~(1 << operation);
    if (this.#gone !== undefined && this.#underWay === 0) this.#giveBack(this.#gone);
  }

  /** Makes a call that would wait. Where bulk passes by nothing but such calls are made, and it stays as they need it. */
  withoutWaiting<T>(call: (descriptor: number) => T): T {
    this.#wait(false);
    const result = call(this.number);
    if (this.#patient !== 0) this.#wait(true);
    return result;
  }

  /** Ends what is under way, and gives the descriptor back once there is nothing; then it is `gone`. */
  close(gone: () => void): void {
    this.#gone = gone;
    if (this.#underWay === 0) this.#giveBack(gone);
    else for (const each of OPERATIONS) if (this.isUnderWay(each)) this.cancel(each);
  }

  #wait(waits: boolean): void {
    if (this.#waits === waits) return;
    this.#waits = waits;
    this.#set.libc.fcntl(this.number, F_SETFL, waits ? 0 : O_NONBLOCK);
  }

  #giveBack(gone: () => void): void {
    this.#set.close(this.number);
    gone();
  }
}
