import type { Verdict } from "../contract/verdict.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Clock, Timer } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import type { Transport } from "../transport/transport.ts";
import type { ProbeFailure } from "./answer.ts";
import { OWN_SHORTAGE, probe } from "./probe.ts";
import type { AskingSettings } from "./probes/index.ts";
import type { HealthSettings } from "./settings.ts";

const MOST_AT_ONCE = 10;
const JITTER = 0.1;

/** A backend to be probed, known as a Verdict knows it. */
export interface Target {
  readonly pool: string;
  readonly entry: string;
  readonly endpoint: Endpoint;
  /** Its address as the file has it; default: the endpoint. */
  readonly written?: Endpoint | undefined;
  /** The source address towards it, as sessions have it. */
  readonly localAddress?: string | undefined;
  /** The PROXY protocol version it expects. */
  readonly sendProxy?: "v1" | "v2" | undefined;
  readonly health: HealthSettings;
}

/** A backend that is probed. */
interface ProbedTarget extends Target {
  readonly health: HealthSettings & { readonly probe: AskingSettings };
}

/** What a checker is made of and whom it tells. */
export interface CheckerParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly tell: (verdict: Verdict) => void;
}

/**
 * Probes backends: each at once, then every interval give or take a tenth, at most ten at the same time. A backend is
 * taken to be up unless its first probe fails; later `fall` failures in a row take it down, `rise` passes bring it back.
 */
export class HealthChecker implements Disposable {
  readonly #parts: CheckerParts;
  /** By pool, then by entry and address. */
  readonly #watched = new Map<string, ReadonlyMap<string, Watch>>();
  readonly #due: Watch[] = [];
  #running = 0;

  constructor(parts: CheckerParts) {
    this.#parts = parts;
  }

  /**
   * Watches these backends of a pool from now on, and no others of it; one that was watched before keeps its state, and its
   * rhythm until the next probe.
   */
  watch(pool: string, targets: readonly Target[]): void {
    const before = new Map(this.#watched.get(pool));
    const now = new Map<string, Watch>();
    for (const target of targets.filter(isProbed)) {
      const key = `${target.entry} ${formatEndpoint(target.endpoint)}`;
      const watch = before.get(key) ?? this.#begin(target);
      watch.target = target;
      before.delete(key);
      now.set(key, watch);
    }
    if (now.size > 0) this.#watched.set(pool, now);
    else this.#watched.delete(pool);
    for (const watch of before.values()) watch.acquit();
  }

  /** The pools of which backends are watched. */
  get pools(): Iterable<string> {
    return this.#watched.keys();
  }

  /** Stops probing; what is under way ends by its own deadline and tells nothing. */
  [Symbol.dispose](): void {
    for (const pool of this.#watched.values()) for (const watch of pool.values()) watch.stop();
    this.#watched.clear();
  }

  #begin(target: ProbedTarget): Watch {
    const watch = new Watch(target, this.#parts.tell);
    this.#enqueue(watch);
    return watch;
  }

  #enqueue(watch: Watch): void {
    this.#due.push(watch);
    this.#work();
  }

  #work(): void {
    while (this.#running < MOST_AT_ONCE) {
      const watch = this.#due.shift();
      if (watch === undefined) return;
      if (!watch.stopped) void this.#run(watch);
    }
  }

  async #run(watch: Watch): Promise<void> {
    const { transport, clock, dice } = this.#parts;
    const { endpoint, health, written = endpoint, localAddress, sendProxy } = watch.target;
    const { port, timeoutMs } = health;
    // What listens on another port is another service, which expects no header.
    const header = port === undefined ? { sendProxy } : {};
    const tools = { transport, clock, written: at(written, port), localAddress, timeoutMs, ...header };
    const nextAtMs = clock.now() + health.intervalMs * (1 - JITTER + 2 * JITTER * dice());
    this.#running += 1;
    watch.saw(await probe(at(endpoint, port), health.probe, tools));
    this.#running -= 1;
    if (!watch.stopped)
      watch.next = clock.after(Math.max(0, nextAtMs - clock.now()), () => this.#enqueue(watch));
    this.#work();
  }
}

function isProbed(target: Target): target is ProbedTarget {
  return target.health.probe.kind !== "off";
}

/** The address with another port, where there is one; a unix socket has none. */
function at(endpoint: Endpoint, port: number | undefined): Endpoint {
  return endpoint.kind === "unix" || port === undefined ? endpoint : { ...endpoint, port };
}

/** One backend's row of probes. */
class Watch {
  next: Timer | undefined;
  stopped = false;
  #alive = true;
  #first = true;
  /** Probes in a row that contradict the present verdict. */
  #contradictions = 0;

  constructor(
    public target: ProbedTarget,
    readonly tell: (verdict: Verdict) => void,
  ) {}

  stop(): void {
    this.stopped = true;
    this.next?.[Symbol.dispose]();
  }

  /** Nobody probes it any more, so nothing speaks against it. */
  acquit(): void {
    this.stop();
    if (!this.#alive) this.#tell(true, "not probed any more");
  }

  saw(failure: ProbeFailure): void {
    if (this.stopped || failure === OWN_SHORTAGE) return;
    const passed = failure === undefined;
    this.#contradictions = passed === this.#alive ? 0 : this.#contradictions + 1;
    const { rise, fall } = this.target.health;
    const needed = this.#first ? 1 : passed ? rise : fall;
    this.#first = false;
    if (this.#contradictions < needed) return;
    if (passed !== this.#alive) this.#turn(passed, failure);
  }

  #turn(alive: boolean, failure: ProbeFailure): void {
    const probes = `${this.#contradictions} ${this.#contradictions === 1 ? "probe" : "probes in a row"}`;
    this.#alive = alive;
    this.#contradictions = 0;
    this.#tell(alive, alive ? `${probes} passed` : `${probes} failed: ${failure}`);
  }

  #tell(alive: boolean, reason: string): void {
    const { pool, entry, endpoint } = this.target;
    this.tell({ pool, entry, endpoint, alive, reason });
  }
}
