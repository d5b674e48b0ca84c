import type { Clock } from "./clock.ts";

/** Tells of an event that may come in floods: the first at once, the rest counted and told once per `everyMs`. */
export class Throttle {
  #count = 0;
  #quiet = true;

  constructor(
    readonly clock: Clock,
    readonly everyMs: number,
    /** Gets how many there were since it was last told. */
    readonly tell: (count: number) => void,
  ) {}

  /** Whether it has told of all there was, and will tell of the next at once. */
  get quiet(): boolean {
    return this.#quiet;
  }

  happened(times = 1): void {
    this.#count += times;
    if (this.#quiet) this.#speak();
  }

  #speak(): void {
    const count = this.#count;
    this.#count = 0;
    this.#quiet = count === 0;
    if (this.#quiet) return;
    this.tell(count);
    this.clock.after(this.everyMs, () => this.#speak());
  }
}
