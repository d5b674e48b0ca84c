import type { Clock, Timer } from "#lb/core/clock";
import type { Work } from "../protocol.ts";
import type { Behaviour, Life } from "./fault.ts";

/** How a server is, as far as its switch goes. */
export type ServerState = "well" | "slow" | "down";

/** Faults that are switched while a server runs: how much later its answers come, and whether it lives. */
export class Switch implements Behaviour {
  readonly #clock: Clock;
  readonly #late = new Set<Timer>();
  #life: Life | undefined;
  #lateMs = 0;
  #isDown = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): ServerState {
    if (this.#isDown) return "down";
    return this.#lateMs > 0 ? "slow" : "well";
  }

  /** From now on each answer comes so much later, in milliseconds; 0: no later. */
  slow(lateMs: number): void {
    this.#lateMs = lateMs;
  }

  /** Crashes; does nothing where it is down. */
  crash(): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#life?.crash();
  }

  /** Answers in its own time again, and listens where it was down; resolves with whether it lives. */
  async restore(): Promise<boolean> {
    this.#lateMs = 0;
    if (this.#isDown) this.#isDown = !(await this.#life?.recover());
    return !this.#isDown;
  }

  work(next: Work): Work {
    return (request) => {
      if (this.#lateMs === 0) return next(request);
      const timer = this.#clock.after(this.#lateMs, () => {
        this.#late.delete(timer);
        next(request);
      });
      this.#late.add(timer);
    };
  }

  live(server: Life): Disposable {
    this.#life = server;
    return {
      [Symbol.dispose]: () => {
        this.#life = undefined;
      },
    };
  }

  close(): void {
    for (const timer of this.#late) timer[Symbol.dispose]();
    this.#late.clear();
  }
}
