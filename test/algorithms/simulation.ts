import type { Algorithm } from "#lb/algorithms/algorithm";
import type { Backend } from "#lb/live/backend";
import { hold } from "../support/backends.ts";
import type { ManualClock } from "../support/manual-clock.ts";

/** How a simulated backend behaves at this moment: it answers after so long, or refuses at once. */
export type Behaviour = (backend: Backend) => number | "refuses";

/** A pool under load, without sockets: sessions connect, wait for an answer and leave, in a time turned by hand. */
export class Simulation {
  #chosen = new Map<Backend, number>();

  constructor(
    readonly clock: ManualClock,
    readonly algorithm: Algorithm,
    readonly backends: readonly Backend[],
    readonly behaviour: Behaviour,
  ) {}

  /** Lets one session begin every `everyMs` for `forMs`, and tells each backend's share of them, in order. */
  run(forMs: number, everyMs: number): number[] {
    this.#chosen = new Map();
    for (let passed = 0; passed < forMs; passed += everyMs) {
      this.begin();
      this.clock.advance(everyMs);
    }
    const all = [...this.#chosen.values()].reduce((sum, count) => sum + count, 0);
    return this.backends.map((backend) => (this.#chosen.get(backend) ?? 0) / all);
  }

  /** One session: connecting takes 0.2 ms, its first byte goes out at once, and it leaves when it is answered. */
  begin(): Backend {
    const [backend] = this.algorithm(this.backends, { address: "10.0.0.1" }) as Iterable<Backend>;
    if (backend === undefined) throw new Error("expected a backend");
    this.#chosen.set(backend, (this.#chosen.get(backend) ?? 0) + 1);
    const held = hold(backend);
    backend.latency.waits();
    this.clock.after(0.2, () => this.#connect(backend, held));
    return backend;
  }

  #connect(backend: Backend, held: Disposable): void {
    const answerMs = this.behaviour(backend);
    if (answerMs === "refuses") {
      backend.latency.gaveUp(0.2, true);
      held[Symbol.dispose]();
      return;
    }
    backend.latency.connected(0.2);
    backend.latency.waits();
    this.clock.after(answerMs, () => {
      backend.latency.answered(answerMs);
      held[Symbol.dispose]();
    });
  }
}
