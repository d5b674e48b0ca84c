import type { Clock } from "../../core/clock.ts";
import { throwUncaught } from "./defect.ts";
import type { Engine, EngineEvents } from "./engine.ts";
import { EpollEngine } from "./epoll.ts";
import { HeapClock } from "./heap-clock.ts";
import { NativeTransport } from "./index.ts";
import { type Libc, libc, type NodeLoop } from "./libc.ts";
import { findMicrotasks } from "./microtasks.ts";
import { UringEngine } from "./uring.ts";

/** The longest time from one turn of Node's loop to the next. */
const LONGEST_WAIT_MS = 100;

/**
 * Has a thread wait in an engine, whose guest is the loop that Node runs there: that one's descriptor is in the engine's set, and
 * where something comes for it, or it has something to do of itself, it is given a turn. So messages, sockets, files and names
 * work as in any thread, and so does ending it. What waits for a promise goes on behind the step that settled it, timers of
 * `clock` fire in time, and Node's own are up to 100 ms late. The thread ends once nothing is left that could happen in it; where
 * it is terminated, its descriptors stay open as long as the process lives, so that what listens is to be closed before.
 */
export class Host implements EngineEvents {
  readonly engine: Engine;
  readonly #clock = new HeapClock();
  readonly #libc: Libc;
  readonly #loop: NodeLoop;
  #runMicrotasks: (() => void) | undefined;
  #isOccupied = false;
  #isSettled = false;
  /** Node's loop has something to do. */
  #isTurnDue = false;
  /** When it is given a turn at the latest. */
  #turnAtMs = 0;
  /** The clock of Node's loop is as old as this. */
  #loopTimeMs = -Infinity;

  /** Throws where this thread's loop cannot be found. */
  constructor(libc: Libc, make: (told: EngineEvents) => Engine) {
    this.#libc = libc;
    this.#loop = libc.nodeLoop();
    this.engine = make(this);
    this.engine.watch(this.#loop.fd, () => {
      this.#isTurnDue = true;
    });
  }

  /** Its timers fire from `start` on, and keep the thread from ending. */
  get clock(): Clock {
    return this.#clock;
  }

  /** A transport by its engine, whose deadlines are that clock's. */
  transport(clock: Clock = this.#clock): NativeTransport {
    return new NativeTransport(clock, this.#libc, this.engine, () => {
      this.#isSettled = true;
    });
  }

  /** From the next turn of Node's loop on the thread waits in the engine. */
  start(): void {
    setImmediate(() => {
      this.#runMicrotasks = findMicrotasks();
      this.#turn();
    });
  }

  /** A next step follows in any case. */
  due(): void {}

  woke(): void {
    this.#clock.read();
  }

  occupied(isOccupied: boolean): void {
    this.#isOccupied = isOccupied;
  }

  /** What a client has sent then finds its backend, and waits nowhere. */
  opened(): void {
    this.#updateLoopTime();
    try {
      this.#runMicrotasks?.();
    } catch (error) {
      this.defect(error);
    }
  }

  defect(error: unknown): void {
    throwUncaught(error);
    this.#isTurnDue = true;
  }

  /** Takes steps until Node's loop has something to do. */
  #turn(): void {
    // Without a hold on the loop, it is nothing that the loop has to do.
    const next = setImmediate(() => this.#turn()).unref();
    if (!this.#isNeeded()) return;
    try {
      this.#begin();
      do this.#step();
      while (!this.#isTurnDue);
    } finally {
      next.ref();
    }
  }

  /** Whether anything is left that could happen in this thread. */
  #isNeeded(): boolean {
    return this.#isOccupied || this.#clock.dueAtMs < Infinity || this.#loop.isAlive();
  }

  #begin(): void {
    this.#turnAtMs = this.#clock.read() + LONGEST_WAIT_MS;
    this.#isTurnDue = false;
    // Node has run what waited for promises.
    this.#isSettled = false;
    this.#askLoop();
  }

  #step(): void {
    this.engine.step(this.#isTurnDue ? 0 : this.#waitMs(), this.#clock.now());
    const nowMs = this.#clock.now();
    if (nowMs >= this.#turnAtMs) this.#isTurnDue = true;
    if (this.#isSettled || this.#clock.dueAtMs <= nowMs) this.#goOn();
  }

  #waitMs(): number {
    const untilMs = Math.min(this.#turnAtMs, this.#clock.dueAtMs);
    return Math.max(0, Math.ceil(untilMs - this.#clock.now()));
  }

  /** Runs what waits for a promise, and then timers that were due when it began, unless what has come cancels them. */
  #goOn(): void {
    const nowMs = this.#clock.now();
    this.#updateLoopTime();
    if (!this.#isSettled || this.#settle()) while (this.#fireTimer(nowMs) && this.#settle());
    // The next wait is not to be longer by what this has taken.
    this.#clock.read();
    this.#askLoop();
  }

  /** Node's timers count whole milliseconds: what sets one does so by a clock that is no older than the step. */
  #updateLoopTime(): void {
    const nowMs = this.#clock.now();
    if (nowMs - this.#loopTimeMs < 1) return;
    this.#loopTimeMs = nowMs;
    this.#loop.updateTime();
  }

  /** Runs what waits for settled promises; false where only a turn of Node's loop does that. */
  #settle(): boolean {
    this.#runMicrotasks?.();
    this.#isSettled = false;
    this.#isTurnDue ||= this.#runMicrotasks === undefined;
    return this.#runMicrotasks !== undefined;
  }

  /** False where none is due. */
  #fireTimer(nowMs: number): boolean {
    try {
      return this.#clock.fire(nowMs);
    } catch (error) {
      this.defect(error);
      return true;
    }
  }

  /** What has just run may have left Node's loop something to do. */
  #askLoop(): void {
    const dueInMs = this.#loop.dueInMs();
    if (dueInMs > 0) this.#turnAtMs = Math.min(this.#turnAtMs, this.#clock.now() + dueInMs);
    else if (dueInMs === 0 && this.#loop.isAlive()) this.#isTurnDue = true;
  }
}

const engines = {
  io_uring: (libc: Libc, told: EngineEvents): Engine => new UringEngine(libc, told),
  epoll: (libc: Libc, told: EngineEvents): Engine => new EpollEngine(libc, told),
} as const;

/** What a thread that waits in an engine is made with. */
export interface Hosted {
  readonly transport: NativeTransport;
  readonly clock: Clock;
  /** See Host.start. */
  start(): void;
}

/** The host of this thread, which has one at most, with an engine of that name. Throws where `libc` is undefined here. */
export function hostTransport(engineName: keyof typeof engines = "epoll"): Hosted {
  const library = libc();
  if (library === undefined) throw new Error("there is no C library to call here");
  const host = new Host(library, (told) => engines[engineName](library, told));
  return { transport: host.transport(), clock: host.clock, start: () => host.start() };
}
