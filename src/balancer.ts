import { ClientBuckets } from "./admission/client-buckets.ts";
import { Farewells } from "./admission/farewells.ts";
import { SessionLimit } from "./admission/session-limit.ts";
import type { DecisionLog, DecisionQuery } from "./contract/decision.ts";
import type { ListenerSettings } from "./contract/listener.ts";
import type { DrainOrder, RebalanceOrder } from "./contract/order.ts";
import type { PoolSettings } from "./contract/pool.ts";
import type { Tell } from "./contract/report.ts";
import type { Change, Snapshot } from "./contract/snapshot.ts";
import type { Verdict } from "./contract/verdict.ts";
import { formatEndpoint } from "./core/address.ts";
import type { Clock } from "./core/clock.ts";
import { Deferred } from "./core/deferred.ts";
import type { Dice } from "./core/dice.ts";
import { inSlices, type Steps } from "./core/slices.ts";
import { Listener, type ListenerParts } from "./listener.ts";
import { Counts } from "./live/counts.ts";
import { numberOf, type Session } from "./live/session.ts";
import { ListenerTotals } from "./live/totals.ts";
import { Decisions } from "./pool/decisions.ts";
import { Pool, type PoolParts } from "./pool/pool.ts";
import { Drains } from "./standing/drains.ts";

/** How long sessions that are cut may take to deliver what was read, before they are reset. */
const CUT_MS = 1_500;
const HURRIED_CUT_MS = 100;
/**
 * Refused clients that may be on their way out where every place is taken; each place that is free leaves files for two more.
 * Of the reserve of files a process with an engine needs half for itself, and an engine closes some steps after it was asked to.
 */
const FAREWELLS = 24;

/** What a balancer is made of. */
export interface BalancerParts {
  /** See ListenerParts. */
  readonly transport: ListenerParts["transport"];
  readonly clock: Clock;
  readonly dice: Dice;
  /** Sessions at once of all listeners together: what its open files suffice for. */
  readonly maxSessions: number;
  readonly report: Tell;
  /** Whether session records are wanted; they are not built otherwise. */
  readonly recording: () => boolean;
}

/** The data plane of one thread: its listeners by address, its pools by name, and the change from one snapshot to the next. */
export class Balancer {
  readonly #clock: Clock;
  readonly #forPools: PoolParts;
  readonly #forListeners: ListenerParts;
  /** The token buckets of all clients. */
  readonly clients: ClientBuckets;
  readonly #decisions: Decisions;
  readonly #drains: Drains;
  readonly #hurry = new Deferred<void>();
  #pools = new Map<string, Pool>();
  /** Pools of an earlier snapshot that had sessions at the last change. */
  #dissolved = new Map<string, Pool>();
  #listeners = new Map<string, Listener>();
  /** Listeners of an earlier snapshot whose sessions live on. */
  readonly #leaving = new Set<Listener>();
  /** By the listeners' names; two listeners may have one name while the first of them leaves. */
  readonly #totals = new Map<string, ListenerTotals>();
  #turn: Promise<unknown> = Promise.resolve();
  #lastNumber = 0;
  #closed = false;

  constructor(parts: BalancerParts) {
    const { clock, maxSessions } = parts;
    const allPlaces = new SessionLimit();
    this.#clock = clock;
    this.clients = new ClientBuckets(clock);
    this.#decisions = new Decisions(clock, () => this.#lastNumber);
    this.#drains = new Drains(clock, () => this.sessions());
    this.#forPools = { ...parts, counts: new Counts(), drains: this.#drains, decisions: this.#decisions };
    this.#forListeners = {
      ...parts,
      clients: this.clients,
      allPlaces,
      farewells: new Farewells(() => FAREWELLS + 2 * (maxSessions - allPlaces.sessions)),
      totalsOf: (name) => this.#totalsOf(name),
      nextNumber: () => ++this.#lastNumber,
    };
  }

  get listeners(): readonly Listener[] {
    return [...this.#listeners.values()];
  }

  /** Those of an earlier snapshot that still have sessions. */
  get leaving(): readonly Listener[] {
    return [...this.#leaving].filter(({ sessions }) => sessions.size > 0);
  }

  get pools(): readonly Pool[] {
    return [...this.#pools.values()];
  }

  /** All sessions that live, also those of listeners that are gone. */
  *sessions(): Iterable<Session> {
    for (const listener of [...this.#listeners.values(), ...this.#leaving]) yield* listener.sessions;
  }

  /**
   * Makes listeners and pools equal to the snapshot, one call after another. What can fail comes before anything is
   * changed: it rejects where there are more backends than it has room for, or with the system's error where a new
   * socket cannot be bound, and leaves everything as it was. It works in slices, so that traffic goes on; a new socket
   * serves no session before all is changed. A balancer that was closed applies nothing more.
   */
  async apply(snapshot: Snapshot): Promise<void> {
    if (this.#closed) throw new Error("the balancer was closed");
    return this.#inTurn(() => this.#apply(snapshot));
  }

  /**
   * Gives one pool or one client its new value; false where there is no such part. Rejects, and changes nothing, where a
   * pool has more backends than there is room for.
   */
  change(change: Change): Promise<boolean> {
    return this.#inTurn(() => this.#change(change));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #change(change: Change): Promise<boolean> {
    switch (change.kind) {
      case "pool":
        return this.#changePool(change.pool, change.reason);
      case "client":
        this.clients.set(change.client);
        return true;
      case "client-removed":
        return this.clients.remove(change.id);
    }
  }

  async #changePool(settings: PoolSettings, reason: string): Promise<boolean> {
    const pool = this.#pools.get(settings.name);
    if (pool === undefined) return false;
    const others = this.pools.reduce((sum, { members }) => sum + members.length, -pool.members.length);
    this.#forPools.counts.provideFor(others + settings.backends.length);
    await inSlices(this.#clock, pool.updating(settings, reason));
    return true;
  }

  async #apply({ listeners, pools, clients, decisions = "asked" }: Snapshot): Promise<void> {
    this.#forPools.counts.provideFor(pools.reduce((sum, { backends }) => sum + backends.length, 0));
    const nextListeners = await this.#bind(listeners);
    const nextPools = new Map<string, Pool>();
    try {
      await this.clients.configure(clients);
      await inSlices(this.#clock, this.#fill(nextPools, pools));
      for (const settings of listeners) {
        const pool = nextPools.get(settings.pool) as Pool;
        nextListeners.get(keyOf(settings))?.serveWith(settings, pool);
      }
    } catch (error) {
      await this.#leaveAll(nextListeners, this.#listeners);
      await this.#stay();
      throw error;
    }
    this.#decisions.always = decisions === "always";
    const [oldPools, oldListeners] = [this.#pools, this.#listeners];
    this.#pools = nextPools;
    this.#listeners = nextListeners;
    // What their queues hold is served before their pools go.
    await this.#leaveAll(oldListeners, nextListeners);
    await this.#dissolve([...oldPools].filter(([name]) => !nextPools.has(name)));
    this.#forgetTotals();
  }

  #totalsOf(name: string): ListenerTotals {
    const known = this.#totals.get(name);
    if (known !== undefined) return known;
    const totals = new ListenerTotals();
    this.#totals.set(name, totals);
    return totals;
  }

  /** Of names that no listener has any more. */
  #forgetTotals(): void {
    const names = new Set([...this.#listeners.values(), ...this.#leaving].map(({ name }) => name));
    for (const name of this.#totals.keys()) if (!names.has(name)) this.#totals.delete(name);
  }

  *#fill(filled: Map<string, Pool>, pools: readonly PoolSettings[]): Steps<void> {
    for (const settings of pools) {
      const { name } = settings;
      const known = this.#pools.get(name) ?? this.#dissolved.get(name);
      const pool = known ?? new Pool({ ...settings, backends: [] }, this.#forPools);
      yield* pool.updating(settings);
      filled.set(name, pool);
    }
  }

  /** What still has sessions is kept, in case it comes back. */
  async #dissolve(pools: readonly (readonly [string, Pool])[]): Promise<void> {
    await inSlices(this.#clock, dissolving(pools));
    const left = [...this.#dissolved, ...pools].filter(
      ([name, pool]) => !this.#pools.has(name) && !pool.vacant,
    );
    this.#dissolved = new Map(left);
  }

  async #bind(settings: readonly ListenerSettings[]): Promise<Map<string, Listener>> {
    const bound = new Map<string, Listener>();
    const opened: Listener[] = [];
    try {
      for (const each of settings) {
        const address = keyOf(each);
        if (bound.has(address))
          throw new RangeError(`expected each listen address once, got ${address} twice`);
        const running = this.#listeners.get(address);
        const listener = running ?? new Listener(each, this.#forListeners);
        if (running === undefined) opened.push(listener);
        await (running === undefined ? listener.open() : running.prepare(each));
        bound.set(address, listener);
      }
      return bound;
    } catch (error) {
      await Promise.all(opened.map((listener) => this.#leave(listener)));
      await this.#stay();
      throw error;
    }
  }

  /** All listeners keep the settings that they have. */
  async #stay(): Promise<void> {
    await Promise.all(this.listeners.map((listener) => listener.stay()));
  }

  /** Leaves the listeners that are not among the others. */
  async #leaveAll(listeners: ReadonlyMap<string, Listener>, others: ReadonlyMap<string, Listener>) {
    const left = [...listeners].filter(([address]) => !others.has(address));
    await Promise.all(left.map(([, listener]) => this.#leave(listener)));
  }

  /** Resolves when its address is free; its sessions live on. */
  async #leave(listener: Listener): Promise<void> {
    this.#leaving.add(listener);
    await listener.close();
    void listener.emptied().then(() => this.#leaving.delete(listener));
  }

  /** Takes the sessions off a backend within a time; false where there is none of that name or entry. */
  drain({ pool: name, backend, withinMs }: DrainOrder): boolean {
    const pool = this.#pools.get(name);
    const backends = pool?.named(backend) ?? [];
    // Of an entry's addresses, one may be wanted ready.
    const leaving = backends.filter((each) => pool?.condition.of(each).leaving);
    for (const each of leaving) this.#drains.begin(name, each, withinMs);
    return backends.length > 0;
  }

  /** Takes sessions off the backends of a pool that have more than their fair share; false where there is no such pool. */
  rebalance({ pool: name, share, withinMs }: RebalanceOrder): boolean {
    const pool = this.#pools.get(name);
    if (pool !== undefined) this.#drains.rebalance(name, () => pool.members, share, withinMs);
    return pool !== undefined;
  }

  /** What probes found; false where there is no such backend, or no longer. */
  verdict(verdict: Verdict): boolean {
    return this.#pools.get(verdict.pool)?.verdict(verdict) ?? false;
  }

  /** The pool of a name; undefined where there is none. */
  pool(name: string): Pool | undefined {
    return this.#pools.get(name);
  }

  /** The session of that id that lives. */
  session(id: string): Session | undefined {
    const number = numberOf(id);
    for (const session of this.sessions()) if (session.number === number) return session;
    return undefined;
  }

  /** Why the latest sessions got their backends; see Plane.decisions. */
  decisionsOf(query: DecisionQuery): DecisionLog {
    return this.#decisions.ask(query, query.session === undefined ? undefined : numberOf(query.session));
  }

  /** See Plane.close. */
  async close(graceMs: number): Promise<number> {
    this.#closed = true;
    const how = graceMs === 0 ? "now" : "served";
    if (how === "now") this.#hurryUp();
    const hurry = this.#hurry.promise;
    // A change under way may still open listeners.
    await this.#turn;
    const listeners = [...this.#listeners.values(), ...this.#leaving];
    await Promise.all(listeners.map((listener) => listener.close(how)));
    await Promise.race([this.#emptied(listeners, graceMs), hurry]);
    const left = [...this.sessions()];
    for (const session of left) session.end("shutdown");
    const hurriedCut = hurry.then(() => this.#emptied(listeners, HURRIED_CUT_MS));
    await Promise.race([this.#emptied(listeners, CUT_MS), hurriedCut]);
    for (const session of this.sessions()) session.end("shutdown", "reset");
    // A reset takes a turn or two, and then each session has its record.
    await this.#emptied(listeners, HURRIED_CUT_MS);
    this.#drains.close();
    this.#decisions.close();
    return left.filter(({ ending }) => ending === "shutdown").length;
  }

  /** Cuts short what an earlier close waits for, and a change under way that closes listeners. */
  #hurryUp(): void {
    this.#hurry.resolve();
    for (const listener of [...this.#listeners.values(), ...this.#leaving]) void listener.close("now");
  }

  /** Resolves when no session is left, or after `ms`. */
  async #emptied(listeners: readonly Listener[], ms: number): Promise<void> {
    const over = new Deferred<void>();
    using _timer = this.#clock.after(ms, () => over.resolve());
    const emptied = Promise.all(listeners.map((listener) => listener.emptied()));
    await Promise.race([emptied, over.promise]);
  }
}

function* dissolving(pools: readonly (readonly [string, Pool])[]): Steps<void> {
  for (const [, pool] of pools) yield* pool.dissolving();
}

/** What identifies a listener from one snapshot to the next: its address, and where that leaves the port open its name. */
function keyOf({ name, endpoint }: ListenerSettings): string {
  const address = formatEndpoint(endpoint);
  return endpoint.kind === "tcp" && endpoint.port === 0 ? `${address} ${name}` : address;
}
