import type { Algorithm, ClientKey } from "../algorithms/algorithm.ts";
import { algorithms } from "../algorithms/index.ts";
import { Backend, type BackendSettings, identityOf, type Wish } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";
import type { Counts } from "../core/counts.ts";
import type { Dice } from "../core/dice.ts";
import { measureLatency } from "../core/latency.ts";
import type { Verdict } from "../health/verdict.ts";
import { type AlarmEvents, Alarms } from "./alarms.ts";
import { RetryBudget } from "./budget.ts";
import { Condition, type ConditionEvents } from "./condition.ts";
import { Lease } from "./lease.ts";
import { Queue, type Waiting } from "./queue.ts";
import type { PoolSettings } from "./settings.ts";

/** What a pool is given by the balancer it lives in. */
export interface Surroundings extends AlarmEvents, ConditionEvents {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly counts: Counts;
}

/** The backends that sessions of some listeners are spread over, and the algorithm that ranks them. It knows no sockets. */
export class Pool {
  #settings: PoolSettings;
  readonly #surroundings: Surroundings;
  #algorithm: Algorithm;
  #backupAlgorithm: Algorithm;
  #members: readonly Backend[] = [];
  /** Members that were removed and still have sessions, by identity: whoever comes back is the same backend. */
  readonly #retired = new Map<string, Backend>();
  /** Those that may get something new; replaced whole when one of them changes, so that its identity is a version. */
  #usable: readonly Backend[] = [];
  #usableBackups: readonly Backend[] = [];
  /** What the two were made from. */
  #version = "";
  readonly #queue: Queue;
  readonly #budget: RetryBudget;
  readonly #condition: Condition;
  /** What is said loudly of this pool. */
  readonly alarms: Alarms;

  constructor(settings: PoolSettings, surroundings: Surroundings) {
    const { clock } = surroundings;
    this.#settings = settings;
    this.#surroundings = surroundings;
    this.#algorithm = algorithms[settings.algorithm].create(surroundings);
    this.#backupAlgorithm = algorithms[settings.algorithm].create(surroundings);
    this.#queue = new Queue(clock);
    this.#budget = new RetryBudget(clock);
    this.#condition = new Condition(
      clock,
      surroundings,
      () => this.#settings,
      () => this.#regroup(),
    );
    this.alarms = new Alarms(clock, settings.name, surroundings);
    this.#enlist(settings.backends);
  }

  get name(): string {
    return this.#settings.name;
  }

  get settings(): PoolSettings {
    return this.#settings;
  }

  get members(): readonly Backend[] {
    return this.#members;
  }

  /** Whether no session is left on a backend of it, removed ones included. */
  get vacant(): boolean {
    return this.#retired.size === 0 && this.#members.every(({ active }) => active === 0);
  }

  /** Sessions that wait for a place. */
  get queued(): number {
    return this.#queue.length;
  }

  /** The usable backends for this client, best first, backups after all others; read as far as needed. */
  rank(client: ClientKey): Iterable<Backend> {
    const ranking = this.#algorithm(this.#usable, client);
    return this.#usableBackups.length === 0 ? ranking : this.#withBackups(ranking, client);
  }

  /** Takes a place on a backend, which belongs to the caller; undefined where it may get nothing now. */
  lease(backend: Backend): Lease | undefined {
    if (!backend.usable || backend.full) return undefined;
    return new Lease(backend, this.#surroundings.clock, this.#freed);
  }

  /** Whether any usable backend that was not tried has a place. One scan: less than reading a whole ranking. */
  hasPlace(tried: readonly Backend[]): boolean {
    const free = (backend: Backend) => !backend.full && !tried.includes(backend);
    return this.#usable.some(free) || this.#usableBackups.some(free);
  }

  /** A place on the best usable backend that was not tried and has one; it belongs to the caller. */
  place(client: ClientKey, tried: readonly Backend[]): Lease | undefined {
    if (!this.hasPlace(tried)) return undefined;
    for (const backend of this.rank(client)) {
      const lease = tried.includes(backend) ? undefined : this.lease(backend);
      if (lease !== undefined) return lease;
    }
    return undefined;
  }

  /**
   * Waits for a place on a usable backend that was not tried, `waitedMs` less than the pool allows; undefined where
   * there is no such backend, Ended where the queue is full or the wait too long.
   */
  wait(client: ClientKey, tried: readonly Backend[], waitedMs: number): Waiting | undefined {
    if (!this.#hasUntried(tried)) return undefined;
    const { max, timeoutMs } = this.#settings.queue;
    return this.#queue.join((not) => this.place(client, not), tried, {
      max,
      timeoutMs: timeoutMs - waitedMs,
    });
  }

  /**
   * A place on an ejected member, for a session to which all others were refused; it may be back before its time is
   * over. An ejection is a guess, and to turn a client away for one would be worse than a dial in vain.
   */
  lastResort(tried: readonly Backend[]): Lease | undefined {
    const member = this.#ejected(tried).find(({ full }) => !full);
    return member && new Lease(member, this.#surroundings.clock, this.#freed);
  }

  /** Whether there is another backend to try, and the budget has another retry. */
  mayRetry(tried: readonly Backend[]): boolean {
    const { retryBudget } = this.#settings;
    const another = this.#hasUntried(tried) || this.#ejected(tried).length > 0;
    return another && (retryBudget === undefined || this.#budget.allows(retryBudget));
  }

  /** Counts a dial that begins now; false, and it must not, where it is a retry and others have spent the budget meanwhile. */
  dials(isRetry: boolean): boolean {
    const { retryBudget } = this.#settings;
    if (isRetry && retryBudget !== undefined && !this.#budget.retry(retryBudget)) return false;
    this.#budget.dialled();
    return true;
  }

  /** How a dial went, where the backend is the cause. */
  observe(backend: Backend, answered: boolean): void {
    // One that left while it was dialled is nobody's outlier.
    if (this.#members.includes(backend)) this.#condition.dialled(backend, answered, this.#members);
  }

  /** What probes found; false where it is said of no member, as one that a reload has put another in the place of. */
  verdict({ entry, endpoint, alive, reason }: Verdict): boolean {
    const meant = identityOf({ name: entry, endpoint });
    const member = this.#members.find(({ identity }) => identity === meant);
    if (member !== undefined) this.#condition.probed(member, alive, reason);
    return member !== undefined;
  }

  /** Sets an operator's wish on the member of that name, and says which that is; undefined where there is none. */
  adjust(name: string, wish: Wish): Backend | undefined {
    const member = this.#members.find((each) => each.name === name);
    if (member !== undefined) this.#condition.adjust(member, wish);
    return member;
  }

  /** Applies new settings in place: what did not change keeps its counts and its part in the algorithm's memory. */
  update(settings: PoolSettings): void {
    if (settings.algorithm !== this.#settings.algorithm) {
      this.#algorithm = algorithms[settings.algorithm].create(this.#surroundings);
      this.#backupAlgorithm = algorithms[settings.algorithm].create(this.#surroundings);
    }
    this.#settings = settings;
    this.#enlist(settings.backends);
  }

  /** Lets go of all members; their sessions live on, and `update` takes it into use again. */
  dissolve(): void {
    this.#enlist([]);
    this.#queue.abandon();
  }

  readonly #freed = (backend: Backend): void => {
    if (backend.active === 0) this.#retired.delete(backend.identity);
    this.#condition.freed(backend);
    if (this.#queue.length > 0) this.#queue.freed(() => this.lease(backend), backend);
  };

  *#withBackups(ranking: Iterable<Backend>, client: ClientKey): Iterable<Backend> {
    yield* ranking;
    yield* this.#backupAlgorithm(this.#usableBackups, client);
  }

  #hasUntried(tried: readonly Backend[]): boolean {
    const untried = (backend: Backend) => !tried.includes(backend);
    return this.#usable.some(untried) || this.#usableBackups.some(untried);
  }

  #ejected(tried: readonly Backend[]): Backend[] {
    return this.#members.filter((each) => each.ejected && each.eligible && !tried.includes(each));
  }

  #enlist(backends: readonly BackendSettings[]): void {
    const before = new Map(this.#members.map((member) => [member.identity, member]));
    this.#members = backends.map((settings) => {
      const identity = identityOf(settings);
      const backend = before.get(identity) ?? this.#returning(settings) ?? this.#newcomer(settings);
      before.delete(identity);
      this.#condition.configure(backend, settings);
      return backend;
    });
    for (const gone of before.values()) this.#retire(gone);
    this.#regroup();
  }

  #retire(backend: Backend): void {
    this.#condition.retire(backend);
    if (backend.active > 0) this.#retired.set(backend.identity, backend);
  }

  #returning(settings: BackendSettings): Backend | undefined {
    const identity = identityOf(settings);
    const backend = this.#retired.get(identity);
    this.#retired.delete(identity);
    backend?.rejoin(settings);
    return backend;
  }

  #newcomer(settings: BackendSettings): Backend {
    const { counts, clock } = this.#surroundings;
    return new Backend(settings, counts, measureLatency(clock));
  }

  #regroup(): void {
    const usable = this.#members.filter((member) => member.usable);
    const version = usable.map(({ slot, weight, settings }) => `${slot} ${weight} ${settings.backup}`).join();
    if (version !== this.#version) {
      this.#version = version;
      this.#usable = usable.filter((member) => !member.settings.backup);
      this.#usableBackups = usable.filter((member) => member.settings.backup);
    }
    this.#queue.wake();
  }
}
