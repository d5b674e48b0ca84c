import type { Engine, EngineEvents } from "#lb/transport/native/engine";

/** Takes a step of an engine in each turn of this thread's loop, as long as it has something in its care or to do, and may. */
export class Turning implements EngineEvents {
  readonly engine: Engine;
  readonly #may: () => boolean;
  #isOccupied = false;
  #isTurning = false;

  constructor(make: (told: EngineEvents) => Engine, may = () => true) {
    this.#may = may;
    this.engine = make(this);
  }

  due(): void {
    this.#turn();
  }

  occupied(isOccupied: boolean): void {
    this.#isOccupied = isOccupied;
    this.#turn();
  }

  woke(): void {}

  opened(): void {}

  defect(error: unknown): void {
    setImmediate(() => {
      throw error;
    });
  }

  #turn(): void {
    if (this.#isTurning || !this.#may()) return;
    this.#isTurning = true;
    setImmediate(() => {
      this.#isTurning = false;
      this.engine.step(0);
      if (this.#isOccupied || this.engine.isDue) this.#turn();
    });
  }
}
