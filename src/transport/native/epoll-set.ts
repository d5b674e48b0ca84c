import { Box } from "./box.ts";
import { Descriptors } from "./descriptors.ts";
import type { EngineEvents } from "./engine.ts";
import type { Libc, Memory } from "./libc.ts";
import {
  CLOEXEC,
  EINTR,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  eventLayoutOf,
} from "./linux.ts";
import { Pipe } from "./pipe.ts";
import { SocketCalls } from "./socket-calls.ts";
import { Spare } from "./spare.ts";
import { codeOf } from "./system-error.ts";

/** What a descriptor of the set belongs to. */
export interface Member {
  /** Whether it has yet to be connected. */
  readonly isConnecting: boolean;
  /** Events of epoll_ctl(2). */
  ready(events: number): void;
  /** It asked to go on once the others were told. */
  goOn(): void;
}

const MOST_EVENTS = 512;

const LAYOUT = eventLayoutOf(process.arch);

/** One epoll set with its members, and the memory that their system calls share. */
export class EpollSet {
  readonly libc: Libc;
  readonly fd: number;
  readonly sockets: SocketCalls;
  readonly spare: Spare;
  /** What a stream receives. */
  readonly inbox: Box;
  /** For bulk; undefined where there was no descriptor for it. */
  readonly pipe: Pipe | undefined;
  readonly #told: EngineEvents;
  readonly #members = new Descriptors<Member>();
  readonly #events: Memory;
  readonly #event: Memory;
  /** Members whose descriptors are to be closed here. */
  #inCare = 0;
  #due: Member[] = [];

  /** Throws where the kernel gives no set. */
  constructor(libc: Libc, told: EngineEvents) {
    this.libc = libc;
    this.fd = libc.epollCreate(CLOEXEC);
    if (this.fd < 0) throw new Error(`epoll_create1: ${codeOf(libc.errno())}`);
    this.#told = told;
    this.sockets = new SocketCalls(libc);
    this.spare = new Spare(libc);
    this.pipe = Pipe.open(libc);
    this.inbox = new Box(libc);
    this.#events = libc.memory(MOST_EVENTS * LAYOUT.stride * 4);
    this.#event = libc.memory(LAYOUT.stride * 4);
  }

  get isDue(): boolean {
    return this.#due.length > 0;
  }

  /** Takes a descriptor in; false where the kernel refuses. It is the set's even then, until `close`. */
  add(descriptor: number, member: Member, events: number): boolean {
    this.#inCare += 1;
    if (this.#inCare === 1) this.#told.occupied(true);
    return this.#enter(descriptor, member, events);
  }

  /** See Engine.watch. Throws where the kernel refuses: what nothing tells of would be late for good. */
  watch(descriptor: number, readable: () => void): void {
    if (!this.#enter(descriptor, { isConnecting: false, ready: readable, goOn() {} }, EPOLLIN))
      throw new Error(`epoll_ctl: ${codeOf(this.libc.errno())}`);
  }

  /** Waits for other events of a member. */
  change(descriptor: number, generation: number, events: number): void {
    this.#control(EPOLL_CTL_MOD, descriptor, generation, events);
  }

  generationOf(descriptor: number): number {
    return this.#members.generationOf(descriptor);
  }

  /** Takes a descriptor out: the kernel does so at its close only where the socket has no other. */
  remove(descriptor: number): void {
    this.libc.epollCtl(this.fd, EPOLL_CTL_DEL, descriptor, 0);
  }

  /** Gives a descriptor back to the kernel, which takes it out of the set. */
  close(descriptor: number): void {
    this.#members.delete(descriptor);
    this.libc.close(descriptor);
    this.#inCare -= 1;
    if (this.#inCare === 0) this.#told.occupied(false);
  }

  /** Has a member go on at the end of the step, of the next one where it does so already; once for each call. */
  goOnLater(member: Member): void {
    this.#due.push(member);
    if (this.#due.length === 1) this.#told.due();
  }

  /** See Engine.step. */
  step(timeoutMs: number): number {
    const due = this.#due;
    const count = this.#wait(due.length > 0 ? 0 : timeoutMs);
    this.#told.woke();
    // A client that left behind the answer to a dial is not to be told of first: the set keeps no order of events.
    const connected = this.#tell(count, true);
    if (connected > 0 && connected < count + due.length) this.#told.opened();
    if (connected < count) this.#tell(count, false);
    if (due.length === 0) return count;
    this.#due = [];
    for (const member of due) this.#goOn(member);
    return count + due.length;
  }

  /** How many events there are. Throws where the set does not work any more: to try again would never come to rest. */
  #wait(timeoutMs: number): number {
    const count = this.libc.epollWait(this.fd, this.#events.address, MOST_EVENTS, timeoutMs);
    if (count >= 0) return count;
    const errno = this.libc.errno();
    if (errno === EINTR) return 0;
    throw new Error(`epoll_wait: ${codeOf(errno)}`);
  }

  #enter(descriptor: number, member: Member, events: number): boolean {
    return this.#control(EPOLL_CTL_ADD, descriptor, this.#members.add(descriptor, member), events);
  }

  #control(operation: number, descriptor: number, generation: number, events: number): boolean {
    const { words, address } = this.#event;
    words[0] = events;
    words[LAYOUT.descriptor] = descriptor;
    words[LAYOUT.generation] = generation;
    return this.libc.epollCtl(this.fd, operation, descriptor, address) === 0;
  }

  /** How many members it told. */
  #tell(count: number, isConnecting: boolean): number {
    const { words } = this.#events;
    let told = 0;
    for (let nth = 0, at = 0; nth < count; nth++, at += LAYOUT.stride) {
      const descriptor = words[at + LAYOUT.descriptor] as number;
      const member = this.#members.at(descriptor, words[at + LAYOUT.generation] as number);
      const events = words[at] as number;
      if (member === undefined || events === 0 || (isConnecting && !member.isConnecting)) continue;
      words[at] = 0;
      told += 1;
      this.#ready(member, events);
    }
    return told;
  }

  #ready(member: Member, events: number): void {
    try {
      member.ready(events);
    } catch (error) {
      this.#told.defect(error);
    }
  }

  #goOn(member: Member): void {
    try {
      member.goOn();
    } catch (error) {
      this.#told.defect(error);
    }
  }
}
