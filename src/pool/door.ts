import type { ClientKey } from "../algorithms/algorithm.ts";
import type { Absence, Decision, Way } from "../contract/decision.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Clock } from "../core/clock.ts";
import { Ended } from "../core/ending.ts";
import type { Backend } from "../live/backend.ts";
import type { Condition } from "../standing/condition.ts";
import { RetryBudget } from "./budget.ts";
import { candidatesOf, seenOf } from "./candidates.ts";
import type { Decisions } from "./decisions.ts";
import { Lease, type LeaseEvents } from "./lease.ts";
import type { Members } from "./members.ts";
import { Queue, type Waiting } from "./queue.ts";
import type { Ranker } from "./ranker.ts";
import { Tried } from "./tried.ts";

/** What a pool knows of a session that chooses. */
export interface Chooser extends ClientKey {
  readonly id: string;
  /** How long it has waited for a place so far. */
  readonly queuedMs: number;
}

/** A lease, a place in the queue that leads to one, or why there is neither. */
export type Choice = Lease | Waiting<Chooser> | Absence;

/** The pool that a door leads to; its settings and its ranker change with the configuration. */
export interface Room {
  readonly settings: PoolSettings;
  readonly ranker: Ranker;
  readonly members: Members;
  readonly condition: Condition;
  readonly clock: Clock;
  readonly decisions: Decisions;
  /** Told what becomes of leases. */
  readonly events: LeaseEvents;
}

/** Members that a ranking reads past one by one; the rest is then ranked without all that have no place. */
const MOST_SKIPPED = 4;
const NOTHING_TRIED = new Tried();

/** The one door to a place on a pool's backends: choosing, queueing, the last resort, and what retries may cost. */
export class Door {
  readonly #room: Room;
  readonly #queue: Queue<Chooser>;
  readonly #budget: RetryBudget;

  constructor(room: Room) {
    this.#room = room;
    this.#queue = new Queue(room.clock);
    this.#budget = new RetryBudget(room.clock);
  }

  /** Sessions that wait for a place. */
  get queued(): number {
    return this.#queue.length;
  }

  /** See Pool.choose. */
  choose(session: Chooser, tried: Tried): Choice {
    if (!this.#room.decisions.wanted) return this.#choose(session, tried);
    try {
      const choice = this.#choose(session, tried);
      this.#decided(session, tried, choice);
      return choice;
    } catch (error) {
      this.#refused(session, tried, error);
      throw error;
    }
  }

  /** See Pool.granted. */
  granted(lease: Lease, session: Chooser, tried: Tried): Lease | Absence {
    const place = this.#charged(lease, tried);
    if (this.#room.decisions.wanted) this.#decided(session, tried, place);
    return place;
  }

  /** A place on this backend became free: a session that waits may take it. */
  opened(backend: Backend): void {
    if (this.#queue.length === 0) return;
    if (!backend.usable) this.wake();
    else this.#queue.freed(backend, () => (backend.free ? this.#lease(backend, "queued") : undefined));
  }

  /** Members came, or may do more than before: sessions that wait look again. */
  wake(): void {
    if (this.#queue.length === 0) return;
    const { condition, members } = this.#room;
    this.#queue.wake(
      () => members.hasFree(NOTHING_TRIED) || condition.census.inReserve > 0,
      ({ chooser, tried }) =>
        this.#anew(chooser, tried) ?? this.#late(chooser, tried, "queued") ?? this.#resort(tried),
    );
  }

  /** There never will be a place: sessions that wait are told that there is no backend. */
  close(): void {
    this.#queue.abandon();
  }

  #choose(session: Chooser, tried: Tried): Choice {
    const absence = tried.size === 0 ? undefined : this.#noRetry(tried);
    if (absence !== undefined) return absence;
    const lease = this.#ranked(session, tried) ?? this.#late(session, tried, "late");
    if (lease !== undefined) return this.#charged(lease, tried);
    if (this.#hasUntried(tried)) return this.#wait(session, tried);
    const last = this.#lastResort(tried);
    if (last !== undefined) return this.#charged(last, tried);
    return tried.size === 0 ? "no-backend" : "all-tried";
  }

  #noRetry(tried: Tried): Absence | undefined {
    const { retryBudget } = this.#room.settings;
    if (!this.#hasUntried(tried) && this.#ejected(tried) === undefined) return "all-tried";
    return retryBudget === undefined || this.#budget.allows(retryBudget) ? undefined : "retry-budget";
  }

  #charged(lease: Lease, tried: Tried): Lease | Absence {
    const { retryBudget } = this.#room.settings;
    if (retryBudget === undefined) return lease;
    if (tried.size > 0 && !this.#budget.retry(retryBudget)) {
      lease[Symbol.dispose]();
      return "retry-budget";
    }
    this.#budget.dialled();
    return lease;
  }

  /** Reads on in the session's ranking. */
  #ranked(session: Chooser, tried: Tried): Lease | undefined {
    const { members, ranker } = this.#room;
    if (!members.hasFree(tried)) return undefined;
    tried.ranking ??= ranker.rank(session);
    return this.#read(tried.ranking, tried, "ranked");
  }

  /** Ranks only what is free by now: members came since the ranking began, or many in a row had no place. */
  #late(session: Chooser, tried: Tried, how: Way): Lease | undefined {
    const { members } = this.#room;
    if (!members.hasFree(tried)) return undefined;
    const lease = this.#free(session, tried, how);
    if (lease !== undefined) return lease;
    // What is free came so lately that it is not among the ranked members.
    members.refresh();
    return this.#free(session, tried, how);
  }

  #free(session: Chooser, tried: Tried, how: Way): Lease | undefined {
    const skips = (backend: Backend) => !backend.free || tried.has(backend);
    return this.#read(this.#room.ranker.rank(session, skips), tried, how);
  }

  /** For a session that has waited: the ranking that it began is old. */
  #anew(session: Chooser, tried: Tried): Lease | undefined {
    if (!this.#room.members.hasFree(tried)) return undefined;
    return this.#read(this.#room.ranker.rank(session), tried, "queued");
  }

  #read(ranking: Iterator<Backend>, tried: Tried, how: Way): Lease | undefined {
    for (let skipped = 0; skipped <= MOST_SKIPPED; skipped++) {
      const { done, value: backend } = ranking.next();
      if (done) return undefined;
      // A removed backend may stand in a ranking that began before, and its slot be another's by now.
      if (this.#room.members.has(backend) && backend.free && !tried.has(backend))
        return this.#lease(backend, how);
    }
    return undefined;
  }

  #wait(session: Chooser, tried: Tried): Waiting<Chooser> {
    const { max, timeoutMs } = this.#room.settings.queue;
    return this.#queue.join(session, tried, { max, timeoutMs: timeoutMs - session.queuedMs });
  }

  #hasUntried(tried: Tried): boolean {
    const { condition, members } = this.#room;
    return condition.census.usable > tried.count((backend) => members.has(backend) && backend.usable);
  }

  /** For a session that has waited, and has no usable backend left to wait for. */
  #resort(tried: Tried): Lease | undefined {
    return this.#hasUntried(tried) ? undefined : this.#lastResort(tried);
  }

  #lastResort(tried: Tried): Lease | undefined {
    const backend = this.#ejected(tried, ({ full }) => !full);
    return backend && this.#lease(backend, "last-resort");
  }

  /** The first ejected member that nothing else keeps from a session and that was not tried. */
  #ejected(tried: Tried, suits: (backend: Backend) => boolean = () => true): Backend | undefined {
    const { condition, members } = this.#room;
    if (condition.census.inReserve === 0) return undefined;
    return members.all.find((member) => {
      const { ejected, eligible } = condition.of(member);
      return ejected && eligible && !tried.has(member) && suits(member);
    });
  }

  #lease(backend: Backend, how: Way): Lease {
    const { clock, condition, decisions, events, members } = this.#room;
    const seen = decisions.wanted ? seenOf(backend) : undefined;
    const lease = new Lease(backend, how, clock, events, seen);
    condition.took(lease);
    members.moved(backend);
    return lease;
  }

  #decided(session: Chooser, tried: Tried, choice: Choice): void {
    if (choice instanceof Lease) this.#record(session, tried, choice, choice.how);
    else if (typeof choice === "string") this.#record(session, tried, undefined, choice);
    else choice.lease.catch((error) => this.#refused(session, tried, error));
  }

  /** The queue gave no place: its word for that is one of a Decision's. */
  #refused(session: Chooser, tried: Tried, error: unknown): void {
    if (error instanceof Ended) this.#record(session, tried, undefined, error.ending as Decision["how"]);
  }

  #record(session: Chooser, tried: Tried, chosen: Lease | undefined, how: Decision["how"]): void {
    const { clock, condition, decisions, members, settings } = this.#room;
    if (!decisions.admits()) return;
    const statusOf = (backend: Backend) => condition.of(backend).status;
    const sinceMs = (backend: Backend) => clock.wallMs() - condition.statusForMs(backend);
    decisions.add({
      session: session.id,
      atMs: clock.wallMs(),
      client: session.address,
      pool: settings.name,
      algorithm: settings.algorithm,
      chosen: chosen?.backend.name ?? null,
      how,
      ...candidatesOf({ members: members.all, statusOf, sinceMs, tried, chosen }),
    });
  }
}
