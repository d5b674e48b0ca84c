import type { Clock } from "../../core/clock.ts";
import { throwUncaught } from "./defect.ts";
import type { Engine, EngineEvents } from "./engine.ts";
import { EpollEngine } from "./epoll.ts";
import { NativeTransport } from "./index.ts";
import { type Libc, libc, type Watch } from "./libc.ts";

/**
 * Runs an engine as a guest of this thread's own loop, which waits for the engine's descriptor among all else and takes a step
 * each time it may be read. A message costs up to half as much again as where the thread waits in the engine; so
 * this is for a thread that has other work.
 */
export class Guest implements EngineEvents {
  readonly engine: Engine;
  readonly #watch: Watch;
  #isTurnDue = false;

  constructor(libc: Libc, make: (told: EngineEvents) => Engine) {
    this.engine = make(this);
    // A step's throw would be swallowed in the call that tells of the descriptor.
    this.#watch = libc.watch(this.engine.fd, () => this.due());
    this.#watch.hold(false);
  }

  due(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => this.#turn());
  }

  woke(): void {}

  /** A thread that listens or has connections lives on. */
  occupied(isOccupied: boolean): void {
    this.#watch.hold(isOccupied);
  }

  /** In the middle of a turn nothing that waits for a promise can go on. */
  opened(): void {}

  defect(error: unknown): void {
    throwUncaught(error);
  }

  #turn(): void {
    this.#isTurnDue = false;
    this.engine.step(0);
    if (this.engine.isDue) this.due();
  }
}

let shared: Guest | undefined;

/** A transport by this thread's one guest, whose engine lives as long as the thread. Throws where `libc` is undefined here. */
export function guestTransport(clock: Clock): NativeTransport {
  const library = libc();
  if (library === undefined) throw new Error("there is no C library to call here");
  shared ??= new Guest(library, (told) => new EpollEngine(library, told));
  return new NativeTransport(clock, library, shared.engine);
}
