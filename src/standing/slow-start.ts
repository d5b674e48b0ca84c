import type { Clock, Timer } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";

const STEPS = 10;

interface Ramp {
  readonly step: number;
  readonly timer: Timer;
}

/**
 * Gives a backend that came back its weight in ten equal steps over a duration, so that an empty cache or a cold
 * runtime is not met by its full share at once.
 */
export class SlowStart {
  readonly #clock: Clock;
  readonly #changed: (backend: Backend) => void;
  readonly #ramps = new Map<Backend, Ramp>();

  /** `changed` is called after each step, when a weight was set. */
  constructor(clock: Clock, changed: (backend: Backend) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Begins at the first step now; a ramp under way begins again. */
  begin(backend: Backend, durationMs: number): void {
    this.stop(backend);
    if (durationMs > 0) this.#step(backend, durationMs, 1);
  }

  /** The full weight at once. */
  stop(backend: Backend): void {
    this.#ramps.get(backend)?.timer[Symbol.dispose]();
    this.#ramps.delete(backend);
    backend.weight = backend.settings.weight;
  }

  /** Its weight was set meanwhile: a ramp under way goes on with that one. */
  follow(backend: Backend): void {
    const ramp = this.#ramps.get(backend);
    if (ramp !== undefined) backend.weight = (backend.settings.weight * ramp.step) / STEPS;
  }

  #step(backend: Backend, durationMs: number, step: number): void {
    backend.weight = (backend.settings.weight * step) / STEPS;
    if (step === STEPS) {
      this.#ramps.delete(backend);
      return;
    }
    const next = () => {
      this.#step(backend, durationMs, step + 1);
      this.#changed(backend);
    };
    this.#ramps.set(backend, { step, timer: this.#clock.after(durationMs / STEPS, next) });
  }
}
