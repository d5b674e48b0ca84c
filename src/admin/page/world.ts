import type { State } from "./glyph.ts";
import { Smoothed } from "./smoothed.ts";
import type { Link } from "./stream.ts";
import type { Backend, Listener, Message, Moment, Piece, Pool, PoolChange, PressedClient } from "./wire.ts";

const KEPT_MS = 300_000;
export const NEWS_KEPT = 60;

/** A backend as it is told, and what the page makes of that. */
export interface LiveBackend {
  told: Backend;
  readonly pool: string;
  /** New sessions. */
  rate: Smoothed;
  /** The most sessions since its drain began; 0 where it is not draining, undefined where that beginning was not seen. */
  drainedFrom: number | undefined;
}

/** A pool as it is told, and its backends by name in their order. */
export interface LivePool {
  told: Omit<Pool, "backends">;
  readonly backends: Map<string, LiveBackend>;
}

/** A listener as it is told, and the sessions that come by it to its pool. */
export interface LiveListener {
  readonly told: Listener;
  readonly rate: Smoothed;
}

/** All that the page knows. */
export class World {
  atMs = 0;
  /** How it stands with the line to the balancer; what is known is as of `atMs` where that is not live. */
  link: Link = { kind: "connecting" };
  reasons: readonly string[] = [];
  clients: readonly PressedClient[] = [];
  moments: Moment[] = [];
  /** The latest of those that this balancer has told; undefined before it has one. */
  moment: Moment | undefined;
  /** The latest first. */
  news: Piece[] = [];
  laboratory = false;
  listeners: LiveListener[] = [];
  readonly pools = new Map<string, LivePool>();

  /** Takes in what the balancer tells. `first`: all of it, after which nothing holds that was known. */
  hear(message: Message, first: boolean): void {
    const atMs = Date.parse(message.at);
    const seconds = first ? 0 : Math.max(0.001, (atMs - this.atMs) / 1_000);
    this.atMs = atMs;
    this.reasons = message.health.reasons;
    this.clients = message.clients;
    this.laboratory = message.laboratory ?? (!first && this.laboratory);
    this.#hearMoments(message.moments, first);
    this.#hearNews(message.news, first);
    this.#hearListeners(message, first, seconds);
    this.#hearPools(message.pools, first, seconds);
  }

  /** All backends, pool by pool. */
  *backends(): Iterable<LiveBackend> {
    for (const { backends } of this.pools.values()) yield* backends.values();
  }

  /** What the balancer does not know any more, because it began anew, stays. */
  #hearMoments(moments: readonly Moment[], first: boolean): void {
    const [oldest] = moments;
    this.moment = moments.at(-1) ?? (first ? undefined : this.moment);
    const known = first && oldest ? this.moments.filter(({ at }) => at < oldest.at) : this.moments;
    // After a jump of the balancer's clock there are some of a time to come.
    const [since, now] = [this.atMs - KEPT_MS, this.atMs].map((ms) => new Date(ms).toISOString()) as [
      string,
      string,
    ];
    this.moments = [...known, ...moments].filter(({ at }) => at >= since && at <= now);
  }

  /** As with moments. */
  #hearNews(news: readonly Piece[], first: boolean): void {
    const [oldest] = news;
    const known = first && oldest ? this.news.filter(({ at }) => at < oldest.at) : this.news;
    this.news = [...news.toReversed(), ...known].slice(0, NEWS_KEPT);
  }

  #hearListeners({ listeners }: Message, first: boolean, seconds: number): void {
    const known = new Map(first ? [] : this.listeners.map((each) => [each.told.name, each]));
    this.listeners = listeners.map((change) => {
      const before = known.get(change.name);
      const told = { ...before?.told, ...change } as Listener;
      // One that has just come, or has another pool, has brought that pool none before.
      if (before === undefined || before.told.pool !== told.pool)
        return { told, rate: new Smoothed(first ? 0 : Infinity) };
      before.rate.add(Math.max(0, told.sessions - before.told.sessions), seconds);
      return { told, rate: before.rate };
    });
  }

  #hearPools(pools: readonly PoolChange[], first: boolean, seconds: number): void {
    const names = new Set(pools.map(({ name }) => name));
    for (const name of this.pools.keys()) if (first || !names.has(name)) this.pools.delete(name);
    for (const change of pools) this.#hearPool(change, seconds);
  }

  #hearPool({ backends, gone = [], ...told }: PoolChange, seconds: number): void {
    const pool = this.pools.get(told.name) ?? { told: told as LivePool["told"], backends: new Map() };
    pool.told = { ...pool.told, ...told };
    this.pools.set(told.name, pool);
    for (const name of gone) pool.backends.delete(name);
    const before = new Map([...pool.backends].map(([name, each]) => [name, each.told.connected]));
    for (const change of backends) {
      const known = pool.backends.get(change.name);
      if (known !== undefined) known.told = { ...known.told, ...change };
      else
        pool.backends.set(change.name, {
          told: change as Backend,
          pool: told.name,
          rate: new Smoothed(),
          drainedFrom: undefined,
        });
    }
    for (const [name, backend] of pool.backends) settle(backend, before.get(name), seconds);
  }
}

/** `connected`: how many it had before; undefined where it has just come. */
function settle(backend: LiveBackend, connected: number | undefined, seconds: number): void {
  const { told } = backend;
  const draining = stateOf(told) === "draining";
  if (!draining) backend.drainedFrom = 0;
  if (connected === undefined) return;
  if (draining && backend.drainedFrom !== undefined)
    backend.drainedFrom = Math.max(backend.drainedFrom, told.active);
  // A count that went down is that of another one with its name.
  if (told.connected < connected) backend.rate = new Smoothed();
  else backend.rate.add(told.connected - connected, seconds);
}

/** A backend in one word. */
export function stateOf({ administrative, operational }: Backend): State {
  const { value } = administrative.state;
  if (value === "drain") return "draining";
  if (value === "maint") return "maint";
  return operational?.value ?? "nowhere";
}

/** Since when it is in that state. */
export function sinceOf({ administrative, operational }: Backend): string | undefined {
  return administrative.state.value === "ready" ? operational?.since : administrative.state.since;
}

/** Whether it is not up, be it that an operator wants it so. */
export function isTroubled({ told }: LiveBackend): boolean {
  return stateOf(told) !== "up";
}

/** Whether it is wanted and is not up. */
export function isAmiss(backend: LiveBackend): boolean {
  return isTroubled(backend) && backend.told.administrative.state.value === "ready";
}
