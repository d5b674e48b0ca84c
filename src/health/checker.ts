import type { Verdict } from "../contract/verdict.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import { atOnce, type Steps } from "../core/slices.ts";
import type { Transport } from "../transport/transport.ts";
import { Places } from "./places.ts";
import { OWN_SHORTAGE, probe } from "./probe.ts";
import { type PastProbe, type ProbedTarget, type Target, Watch } from "./watch.ts";

const JITTER = 0.1;

/** What a checker is made of and whom it tells. */
export interface CheckerParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly tell: (verdict: Verdict) => void;
  /** How long ago a backend last answered a session, in milliseconds; Infinity where none is known of. Must not reject. */
  readonly answeredAgoMs: (target: Target) => Promise<number>;
}

/**
 * Probes backends: each at once, then every interval give or take a tenth, in the places there are. A backend is taken to be up
 * unless its first probe fails; later `fall` failures in a row take it down, `rise` passes bring it back. Where a connection
 * that stands is enough, a session that was answered is as good as a probe, which is left out then.
 */
export class HealthChecker implements Disposable {
  readonly #parts: CheckerParts;
  /** By pool, then by entry and address. */
  readonly #watched = new Map<string, Map<string, Watch>>();
  #stopped = false;
  readonly #places = new Places((watch) => this.#probe(watch));

  constructor(parts: CheckerParts) {
    this.#parts = parts;
  }

  /**
   * Watches these backends of a pool from now on, and no others of it; one that was watched before keeps its state, and its
   * rhythm until the next probe. One after another.
   */
  *watching(pool: string, targets: Iterable<Target>): Steps<void> {
    const watched = this.#watched.get(pool) ?? new Map<string, Watch>();
    const leaving = new Map(watched);
    this.#watched.set(pool, watched);
    for (const target of targets) {
      if (this.#stopped) return;
      if (!isProbed(target)) continue;
      const key = `${target.entry} ${formatEndpoint(target.endpoint)}`;
      const watch = watched.get(key) ?? this.#begin(target);
      watch.target = target;
      leaving.delete(key);
      yield watched.set(key, watch);
    }
    for (const [key, watch] of leaving) {
      watched.delete(key);
      yield watch.acquit();
    }
    if (watched.size === 0) this.#watched.delete(pool);
  }

  /** The same without a pause. */
  watch(pool: string, targets: Iterable<Target>): void {
    atOnce(this.watching(pool, targets));
  }

  /** The last probe of a backend by its entry and address; undefined where there was none. */
  lastProbe(pool: string, entry: string, address: string): PastProbe | undefined {
    return this.#watched.get(pool)?.get(`${entry} ${address}`)?.last;
  }

  /** The pools of which backends are watched. */
  get pools(): Iterable<string> {
    return this.#watched.keys();
  }

  /** Stops probing; what is under way ends by its own deadline and tells nothing. */
  [Symbol.dispose](): void {
    this.#stopped = true;
    for (const pool of this.#watched.values()) for (const watch of pool.values()) watch.stop();
    this.#watched.clear();
  }

  #begin(target: ProbedTarget): Watch {
    const watch = new Watch(target, this.#parts.tell);
    this.#places.enqueue(watch);
    return watch;
  }

  async #probe(watch: Watch): Promise<void> {
    const { transport, clock } = this.#parts;
    const { endpoint, health, written = endpoint, localAddress, sendProxy } = watch.target;
    const { port, timeoutMs } = health;
    // What listens on another port is another service, which expects no header.
    const header = port === undefined ? { sendProxy } : {};
    const tools = { transport, clock, written: at(written, port), localAddress, timeoutMs, ...header };
    const startedMs = clock.now();
    const nextAtMs = startedMs + this.#intervalMs(watch);
    const failure = await probe(at(endpoint, port), health.probe, tools);
    const tookMs = clock.now() - startedMs;
    if (failure !== OWN_SHORTAGE) watch.last = { atMs: startedMs, tookMs, failure: failure ?? null };
    watch.saw(failure, tookMs);
    this.#lookAgain(watch, nextAtMs - clock.now());
  }

  #lookAgain(watch: Watch, inMs: number): void {
    if (watch.stopped) return;
    watch.next = this.#parts.clock.after(Math.max(0, inMs), () => void this.#look(watch));
  }

  /** Probes it, or no sooner than an interval after the last session that it answered. */
  async #look(watch: Watch): Promise<void> {
    const agoMs = watch.acceptsSessions ? await this.#parts.answeredAgoMs(watch.target) : Infinity;
    if (watch.stopped) return;
    if (agoMs >= watch.target.health.intervalMs) this.#places.enqueue(watch);
    else {
      watch.saw(undefined, 0);
      this.#lookAgain(watch, this.#intervalMs(watch) - agoMs);
    }
  }

  #intervalMs({ target }: Watch): number {
    return target.health.intervalMs * (1 - JITTER + 2 * JITTER * this.#parts.dice());
  }
}

function isProbed(target: Target): target is ProbedTarget {
  return target.health.probe.kind !== "off";
}

/** The address with another port, where there is one; a unix socket has none. */
function at(endpoint: Endpoint, port: number | undefined): Endpoint {
  return endpoint.kind === "unix" || port === undefined ? endpoint : { ...endpoint, port };
}
