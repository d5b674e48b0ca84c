import { isDeepStrictEqual } from "node:util";
import type { Backend, BackendSettings, Wish } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";
import { type Drained, DrainLog } from "./drain-log.ts";
import { Outliers } from "./outlier.ts";
import type { PoolSettings } from "./settings.ts";
import { SlowStart } from "./slow-start.ts";
import { type StateChange, StateLog } from "./state-log.ts";

/** Whom a pool tells what becomes of its members. */
export interface ConditionEvents {
  readonly onStateChange: (change: StateChange) => void;
  readonly onDrained: (drained: Drained) => void;
}

/**
 * What state a pool's members are in, by the file, by operators, by probes and by their dials: every change of it goes
 * through here, where whoever comes back may start slowly, and all that an operator wants to read is told.
 */
export class Condition {
  readonly #settings: () => PoolSettings;
  readonly #changed: () => void;
  readonly #outliers: Outliers;
  readonly #slowStart: SlowStart;
  readonly #states: StateLog;
  readonly #drains: DrainLog;

  /** `settings`: the pool's, as they are by now. `changed` is called when a member may be more or less usable than before. */
  constructor(clock: Clock, events: ConditionEvents, settings: () => PoolSettings, changed: () => void) {
    const { name } = settings();
    this.#settings = settings;
    this.#changed = changed;
    this.#slowStart = new SlowStart(clock, changed);
    this.#states = new StateLog(clock, name, events.onStateChange);
    this.#drains = new DrainLog(clock, name, events.onDrained);
    this.#outliers = new Outliers(clock, {
      ejected: (backend, reason) => this.#change(backend, () => (backend.ejected = true), reason),
      returned: (backend, reason) => this.#change(backend, () => (backend.ejected = false), reason),
    });
  }

  /** Without `changed`: the file speaks of all members at once. Unchanged settings leave an operator's wish and a slow start alone. */
  configure(backend: Backend, settings: BackendSettings): void {
    const same = isDeepStrictEqual(anonymous(backend.settings), anonymous(settings));
    this.#become(backend, () => (same ? backend.rename(settings) : backend.configure(settings)));
    this.#tell(backend, "configured");
  }

  /** What an operator wants of it. */
  adjust(backend: Backend, wish: Wish): void {
    this.#change(backend, () => backend.adjust(wish), "set by an operator");
  }

  /** What probes found of it. */
  probed(backend: Backend, alive: boolean, reason: string): void {
    this.#change(backend, () => (backend.alive = alive), reason);
  }

  /** How a dial went, where the backend is the cause. */
  dialled(backend: Backend, answered: boolean, members: readonly Backend[]): void {
    if (answered) this.#outliers.succeeded(backend);
    else this.#outliers.failed(backend, members, this.#settings().outlier);
  }

  /** A place on it became free. */
  freed(backend: Backend): void {
    this.#drains.freed(backend);
  }

  /** It is no member any more. */
  retire(backend: Backend): void {
    this.#outliers.forget(backend);
    this.#slowStart.stop(backend);
    this.#states.forget(backend);
    backend.retire();
    this.#drains.note(backend);
  }

  #change(backend: Backend, change: () => void, reason: string): void {
    this.#become(backend, change);
    this.#tell(backend, reason);
    this.#changed();
  }

  #become(backend: Backend, change: () => void): void {
    const wasUsable = backend.usable;
    change();
    this.#slowStart.follow(backend);
    if (!wasUsable && backend.usable) this.#slowStart.begin(backend, this.#settings().slowStartMs);
  }

  #tell(backend: Backend, reason: string): void {
    this.#states.note(backend, reason, this.#outliers.ejectionOf(backend));
    this.#drains.note(backend);
  }
}

function anonymous(settings: BackendSettings): BackendSettings {
  return { ...settings, name: "" };
}
