import type { Algorithm, ClientKey } from "../algorithms/algorithm.ts";
import { algorithms } from "../algorithms/index.ts";
import { type BackendSettings, identityOf } from "../contract/backend.ts";
import type { Absence, Decision, Way } from "../contract/decision.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Tell } from "../contract/report.ts";
import type { Verdict } from "../contract/verdict.ts";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import { Backend } from "../live/backend.ts";
import type { Counts } from "../live/counts.ts";
import { measureLatency } from "../live/latency.ts";
import { Alarms } from "../standing/alarms.ts";
import { Condition } from "../standing/condition.ts";
import type { Drains } from "../standing/drains.ts";
import { RetryBudget } from "./budget.ts";
import { candidatesOf } from "./candidates.ts";
import type { Decisions } from "./decisions.ts";
import { Lease } from "./lease.ts";
import { Members } from "./members.ts";
import { Queue, type Waiting } from "./queue.ts";
import { Tried } from "./tried.ts";

/** What a pool is given by the balancer it lives in. */
export interface PoolParts {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly counts: Counts;
  readonly report: Tell;
  readonly drains: Drains;
  readonly decisions: Decisions;
}

/** What a pool knows of a session that chooses. */
export interface Chooser extends ClientKey {
  readonly id: string;
  /** How long it has waited for a place so far. */
  readonly queuedMs: number;
}

/** A lease, a place in the queue that leads to one, or why there is neither. */
export type Choice = Lease | Waiting<Chooser> | Absence;

/** Members that a ranking reads past before the rest of it is read by one scan of all. */
const MOST_SKIPPED = 4;

/** The backends that sessions of some listeners are spread over, and the one door to a place on them. It knows no sockets. */
export class Pool {
  #settings: PoolSettings;
  readonly #parts: PoolParts;
  readonly #members: Members;
  /** Members that were removed and still have sessions, by identity: one that comes back is the same backend. */
  readonly #retired = new Map<string, Backend>();
  readonly #condition: Condition;
  readonly #queue: Queue<Chooser>;
  readonly #budget: RetryBudget;
  #algorithm: Algorithm;
  #backupAlgorithm: Algorithm;
  #enlisting = false;
  /** What is said loudly of this pool. */
  readonly alarms: Alarms;

  constructor(settings: PoolSettings, parts: PoolParts) {
    const { clock } = parts;
    this.#settings = settings;
    this.#parts = parts;
    this.#algorithm = algorithms[settings.algorithm].create(parts);
    this.#backupAlgorithm = algorithms[settings.algorithm].create(parts);
    this.#members = new Members(clock);
    this.#queue = new Queue(clock);
    this.#budget = new RetryBudget(clock);
    this.alarms = new Alarms(clock, settings.name, parts.report);
    this.#condition = new Condition(
      parts,
      () => this.#settings,
      (backend) => this.#changed(backend),
    );
    this.#enlist(settings.backends);
  }

  get name(): string {
    return this.#settings.name;
  }

  get settings(): PoolSettings {
    return this.#settings;
  }

  get members(): readonly Backend[] {
    return this.#members.all;
  }

  /** What becomes of its members. */
  get condition(): Condition {
    return this.#condition;
  }

  /** Whether no session is left on a backend of it, removed ones included. */
  get vacant(): boolean {
    return this.#retired.size === 0 && this.members.every(({ active }) => active === 0);
  }

  /** Sessions that wait for a place. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * The members of that name, of the entry of that name, or that one of its addresses as `entry@host`; where there are none,
   * removed ones that still have sessions.
   */
  named(name: string): Backend[] {
    const isMeant = ({ settings }: Backend) => namesOf(settings).includes(name);
    const members = this.members.filter(isMeant);
    return members.length > 0 ? members : [...this.#retired.values()].filter(isMeant);
  }

  /**
   * The next place for a session, on the best backend that it has not tried: in its ranking, else on one that came since or
   * stands behind many full ones, else the first that becomes free; or where there is none to wait for, on an ejected
   * one, since an ejection is a guess. A place after the first is a retry and charged to the budget. The lease belongs to
   * the caller. Throws Ended where the queue is full.
   */
  choose(session: Chooser, tried: Tried): Choice {
    if (!this.#parts.decisions.wanted) return this.#choose(session, tried);
    try {
      const choice = this.#choose(session, tried);
      this.#decided(session, tried, choice);
      return choice;
    } catch (ended) {
      this.#record(session, tried, undefined, "queue-full");
      throw ended;
    }
  }

  /** Charges the lease that a place in the queue led to, where it is a retry; gives it back where the budget is used up. */
  granted(lease: Lease, session: Chooser, tried: Tried): Lease | Absence {
    const place = this.#charged(lease, tried);
    if (this.#parts.decisions.wanted) this.#decided(session, tried, place);
    return place;
  }

  /** How a dial went, where the backend is the cause. */
  observe(backend: Backend, answered: boolean): void {
    this.#condition.dialled(backend, answered);
  }

  /** What probes found; false where no member is meant, as after a reload put another backend in its place. */
  verdict({ entry, endpoint, alive, reason }: Verdict): boolean {
    const member = this.#members.find(identityOf({ name: entry, endpoint }));
    if (member !== undefined) this.#condition.probed(member, alive, reason);
    return member !== undefined;
  }

  /** Applies new settings in place: what did not change keeps its counts and its part in the algorithm's memory. */
  update(settings: PoolSettings): void {
    if (settings.algorithm !== this.#settings.algorithm) {
      this.#algorithm = algorithms[settings.algorithm].create(this.#parts);
      this.#backupAlgorithm = algorithms[settings.algorithm].create(this.#parts);
    }
    this.#settings = settings;
    this.#enlist(settings.backends);
  }

  /** Lets go of all members; their sessions live on, and `update` takes it into use again. */
  dissolve(): void {
    this.#enlist([]);
    this.#queue.abandon();
  }

  #choose(session: Chooser, tried: Tried): Choice {
    if (tried.size > 0) {
      const absence = this.#noRetry(tried);
      if (absence !== undefined) return absence;
    }
    const lease = this.#ranked(session, tried) ?? this.#late(session, tried, "late");
    if (lease !== undefined) return this.#charged(lease, tried);
    if (this.#hasUntried(tried)) return this.#wait(session, tried);
    const last = this.#lastResort(tried);
    if (last !== undefined) return this.#charged(last, tried);
    return tried.size === 0 ? "no-backend" : "all-tried";
  }

  #noRetry(tried: Tried): Absence | undefined {
    const { retryBudget } = this.#settings;
    if (!this.#hasUntried(tried) && this.#ejected(tried) === undefined) return "all-tried";
    return retryBudget === undefined || this.#budget.allows(retryBudget) ? undefined : "retry-budget";
  }

  #charged(lease: Lease, tried: Tried): Lease | Absence {
    const { retryBudget } = this.#settings;
    if (tried.size > 0 && retryBudget !== undefined && !this.#budget.retry(retryBudget)) {
      lease[Symbol.dispose]();
      return "retry-budget";
    }
    if (retryBudget !== undefined) this.#budget.dialled();
    return lease;
  }

  /** Reads on in the session's ranking. */
  #ranked(session: Chooser, tried: Tried): Lease | undefined {
    if (!this.#members.hasFree(tried)) return undefined;
    tried.ranking ??= this.#rank(session)[Symbol.iterator]();
    return this.#read(tried.ranking, tried, "ranked");
  }

  /** Ranks anew, and only what is free: backends came since the ranking began, or many in a row were full. */
  #late(session: Chooser, tried: Tried, how: Way): Lease | undefined {
    if (!this.#members.hasFree(tried)) return undefined;
    this.#members.refresh();
    const skips = (backend: Backend) => !backend.free || tried.has(backend);
    return this.#read(this.#rank(session, skips)[Symbol.iterator](), tried, how);
  }

  /** For a session that has waited: the ranking that it began is old. */
  #anew(session: Chooser, tried: Tried): Lease | undefined {
    return this.#read(this.#rank(session)[Symbol.iterator](), tried, "queued");
  }

  #read(ranking: Iterator<Backend>, tried: Tried, how: Way): Lease | undefined {
    for (let skipped = 0; skipped <= MOST_SKIPPED; skipped++) {
      const { done, value: backend } = ranking.next();
      if (done) return undefined;
      if (backend.free && !tried.has(backend)) return this.#lease(backend, how);
    }
    return undefined;
  }

  /** The members for a client, best first, backups after all others; read as far as needed. */
  #rank(client: ClientKey, skips?: (backend: Backend) => boolean): Iterable<Backend> {
    const { usable, backups } = this.#members;
    const ranking = this.#algorithm(usable, client, skips);
    return backups.length === 0 ? ranking : this.#withBackups(ranking, client, skips);
  }

  *#withBackups(ranking: Iterable<Backend>, client: ClientKey, skips?: (backend: Backend) => boolean) {
    yield* ranking;
    yield* this.#backupAlgorithm(this.#members.backups, client, skips);
  }

  #wait(session: Chooser, tried: Tried): Waiting<Chooser> {
    const { max, timeoutMs } = this.#settings.queue;
    return this.#queue.join(session, tried, { max, timeoutMs: timeoutMs - session.queuedMs });
  }

  #hasUntried(tried: Tried): boolean {
    return this.#condition.census.usable > tried.count(({ usable }) => usable);
  }

  #lastResort(tried: Tried): Lease | undefined {
    const backend = this.#ejected(tried, ({ full }) => !full);
    return backend && this.#lease(backend, "last-resort");
  }

  /** The first ejected member that nothing else keeps from a session and that was not tried. */
  #ejected(tried: Tried, suits: (backend: Backend) => boolean = () => true): Backend | undefined {
    if (this.#condition.census.inReserve === 0) return undefined;
    return this.members.find((member) => {
      const { ejected, eligible } = this.#condition.of(member);
      return ejected && eligible && !tried.has(member) && suits(member);
    });
  }

  #lease(backend: Backend, how: Way): Lease {
    const lease = new Lease(backend, how, this.#parts.clock, this.#freed);
    this.#members.moved(backend);
    return lease;
  }

  readonly #freed = (backend: Backend): void => {
    this.#members.moved(backend);
    if (backend.active === 0) this.#retired.delete(backend.identity);
    this.#condition.freed(backend);
    if (this.#queue.length === 0) return;
    this.#queue.freed(backend, () => (backend.free ? this.#lease(backend, "queued") : undefined));
  };

  #changed(backend: Backend): void {
    this.#members.changed(backend);
    if (!this.#enlisting) this.#wake();
  }

  #wake(): void {
    if (this.#queue.length === 0) return;
    this.#queue.wake(
      () => this.#members.hasFree(NOTHING_TRIED),
      ({ chooser, tried }) => this.#anew(chooser, tried) ?? this.#late(chooser, tried, "queued"),
    );
  }

  #enlist(backends: readonly BackendSettings[]): void {
    this.#enlisting = true;
    const before = new Map(this.members.map((member) => [member.identity, member]));
    const members = backends.map((settings) => {
      const identity = identityOf(settings);
      const known = before.get(identity);
      before.delete(identity);
      return known === undefined ? this.#enrolled(settings) : this.#configured(known, settings);
    });
    for (const gone of before.values()) this.#retire(gone);
    this.#members.replace(members);
    this.#enlisting = false;
    this.#wake();
  }

  #configured(member: Backend, settings: BackendSettings): Backend {
    this.#condition.configure(member, settings);
    return member;
  }

  /** A newcomer, or one that was removed and still has sessions. */
  #enrolled(settings: BackendSettings): Backend {
    const { counts, clock } = this.#parts;
    const identity = identityOf(settings);
    const backend = this.#retired.get(identity) ?? new Backend(settings, counts, measureLatency(clock));
    this.#retired.delete(identity);
    this.#condition.enrol(backend, settings);
    return backend;
  }

  #retire(backend: Backend): void {
    if (backend.active > 0) this.#retired.set(backend.identity, backend);
    this.#condition.retire(backend);
  }

  #decided(session: Chooser, tried: Tried, choice: Choice): void {
    if (choice instanceof Lease) this.#record(session, tried, choice.backend, choice.how);
    else if (typeof choice === "string") this.#record(session, tried, undefined, choice);
    else choice.lease.catch(() => this.#record(session, tried, undefined, "queue-timeout"));
  }

  #record(session: Chooser, tried: Tried, chosen: Backend | undefined, how: Decision["how"]): void {
    const statusOf = (backend: Backend) => this.#condition.of(backend).status;
    this.#parts.decisions.add({
      session: session.id,
      atMs: this.#parts.clock.wallMs(),
      client: session.address,
      pool: this.name,
      algorithm: this.#settings.algorithm,
      chosen: chosen?.name ?? null,
      how,
      ...candidatesOf({ members: this.members, statusOf, tried, chosen }),
    });
  }
}

function namesOf({ name, entry = name, endpoint }: BackendSettings): string[] {
  return endpoint.kind === "unix" ? [name, entry] : [name, entry, `${entry}@${endpoint.host}`];
}

const NOTHING_TRIED = new Tried();
