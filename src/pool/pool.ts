import { type BackendSettings, identityOf, namesOf } from "../contract/backend.ts";
import type { Absence } from "../contract/decision.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Tell } from "../contract/report.ts";
import type { Verdict } from "../contract/verdict.ts";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import { atOnce, type Steps } from "../core/slices.ts";
import { Backend } from "../live/backend.ts";
import type { Counts } from "../live/counts.ts";
import { measureLatency } from "../live/latency.ts";
import { PoolTotals } from "../live/totals.ts";
import { Alarms } from "../standing/alarms.ts";
import { Condition } from "../standing/condition.ts";
import type { Drains } from "../standing/drains.ts";
import type { Hangup } from "../standing/fault.ts";
import type { Decisions } from "./decisions.ts";
import { type Choice, type Chooser, Door, type Room } from "./door.ts";
import type { Lease, LeaseEvents } from "./lease.ts";
import { Members } from "./members.ts";
import { Ranker } from "./ranker.ts";
import type { Tried } from "./tried.ts";

/** What a pool is given by the balancer it lives in. */
export interface PoolParts {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly counts: Counts;
  readonly report: Tell;
  readonly drains: Drains;
  readonly decisions: Decisions;
}

const CONFIGURED = "configured";
/** How many members change at once: some 5 ms. A pool of more changes in parts, and serves between them with what it has by then. */
const PART = 2_048;

/** The backends that sessions of some listeners are spread over. It knows no sockets. */
export class Pool implements LeaseEvents {
  readonly #parts: PoolParts;
  readonly #room: Room & { settings: PoolSettings; ranker: Ranker };
  readonly #door: Door;
  /** Members that were removed and still have sessions, by identity: one that comes back is the same backend. */
  readonly #retired = new Map<string, Backend>();
  #enlisting = false;
  readonly totals = new PoolTotals();
  /** What is said loudly of this pool. */
  readonly alarms: Alarms;

  constructor(settings: PoolSettings, parts: PoolParts) {
    const { clock, decisions, report } = parts;
    const members = new Members(clock);
    const condition = new Condition(
      settings.name,
      parts,
      () => this.settings,
      (backend) => this.#changed(backend),
    );
    const ranker = new Ranker(settings.algorithm, members, parts);
    this.#parts = parts;
    this.#room = { settings, ranker, members, condition, clock, decisions, events: this };
    this.#door = new Door(this.#room);
    this.alarms = new Alarms(clock, settings.name, report);
    atOnce(this.#enlist(settings.backends, CONFIGURED));
  }

  get name(): string {
    return this.settings.name;
  }

  get settings(): PoolSettings {
    return this.#room.settings;
  }

  get members(): readonly Backend[] {
    return this.#room.members.all;
  }

  /** What becomes of its members. */
  get condition(): Condition {
    return this.#room.condition;
  }

  /** Whether no session is left on a backend of it, removed ones included. */
  get vacant(): boolean {
    return this.#retired.size === 0 && this.members.every(({ active }) => active === 0);
  }

  /** Sessions on its backends, removed ones included. */
  get active(): number {
    return [...this.members, ...this.#retired.values()].reduce((sum, { active }) => sum + active, 0);
  }

  /** Sessions that wait for a place. */
  get queued(): number {
    return this.#door.queued;
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
    return this.#door.choose(session, tried);
  }

  /** The lease that a place in the queue led to; where it is a retry and the budget is used up, it is given back. */
  granted(lease: Lease, session: Chooser, tried: Tried): Lease | Absence {
    return this.#door.granted(lease, session, tried);
  }

  /** How a dial went, where the backend is the cause; the lease of the session it was for. */
  observe(backend: Backend, answered: boolean, lease?: Lease): void {
    this.condition.dialled(backend, answered, lease);
  }

  /** See LeaseEvents. */
  answered(lease: Lease, afterMs: number): void {
    this.totals.firstByte.observe(afterMs);
    this.condition.testimony.answered(lease, afterMs);
  }

  /** See LeaseEvents. */
  hungUp(lease: Lease, hangup: Hangup): boolean {
    const blamed = this.condition.testimony.hungUp(lease, hangup);
    if (blamed) this.totals.faults += 1;
    return blamed;
  }

  /** See LeaseEvents. */
  freed(lease: Lease): void {
    const { backend } = lease;
    this.condition.testimony.left(lease);
    this.#room.members.moved(backend);
    if (backend.active === 0) this.#retired.delete(backend.identity);
    this.condition.freed(backend);
    this.#door.opened(backend);
  }

  /** What probes found; false where no member is meant, as after a reload put another backend in its place. */
  verdict({ entry, endpoint, alive, reason }: Verdict): boolean {
    const member = this.#room.members.find(identityOf({ name: entry, endpoint }));
    if (member !== undefined) this.condition.probed(member, alive, reason);
    return member !== undefined;
  }

  /**
   * Applies new settings in place: what did not change keeps its counts and its part in the algorithm's memory. State
   * changes that come of it are told with the reason. One after another.
   */
  *updating(settings: PoolSettings, reason: string = CONFIGURED): Steps<void> {
    const { ranker, members } = this.#room;
    if (settings.algorithm !== ranker.name)
      this.#room.ranker = new Ranker(settings.algorithm, members, this.#parts);
    this.#room.settings = settings;
    yield* this.#enlist(settings.backends, reason);
  }

  /** The same without a pause. */
  update(settings: PoolSettings, reason?: string): void {
    atOnce(this.updating(settings, reason));
  }

  /** Lets go of all members; their sessions live on, and `updating` takes it into use again. */
  *dissolving(): Steps<void> {
    yield* this.#enlist([], CONFIGURED);
    this.#door.close();
  }

  /** The same without a pause. */
  dissolve(): void {
    atOnce(this.dissolving());
  }

  #changed(backend: Backend): void {
    this.#room.members.changed(backend);
    if (!this.#enlisting) this.#door.wake();
  }

  /** Makes these the members, part by part; after each the members are what they are counted as. */
  *#enlist(backends: readonly BackendSettings[], reason: string): Steps<void> {
    const leaving = new Map(this.members.map((member) => [member.identity, member]));
    const staying: Backend[] = [];
    const changes = this.#changes(backends, reason, staying, leaving);
    for (let done: boolean | undefined = false; !done; ) {
      this.#enlisting = true;
      for (let left = PART; left > 0 && !done; left--) done = changes.next().done;
      this.#room.members.replace([...staying, ...leaving.values()]);
      this.#enlisting = false;
      this.#door.wake();
      yield;
    }
  }

  /** One member a step: members that stay or come, then members that leave. */
  *#changes(
    backends: readonly BackendSettings[],
    reason: string,
    staying: Backend[],
    leaving: Map<string, Backend>,
  ): Steps<void> {
    for (const settings of backends) {
      const identity = identityOf(settings);
      const known = leaving.get(identity);
      leaving.delete(identity);
      if (known !== undefined) this.condition.configure(known, settings, reason);
      yield staying.push(known ?? this.#enrolled(settings, reason));
    }
    for (const gone of leaving.values()) {
      leaving.delete(gone.identity);
      yield this.#retire(gone);
    }
  }

  /** A newcomer, or one that was removed and still has sessions. */
  #enrolled(settings: BackendSettings, reason: string): Backend {
    const { counts, clock } = this.#parts;
    const identity = identityOf(settings);
    const backend = this.#retired.get(identity) ?? new Backend(settings, counts, measureLatency(clock));
    this.#retired.delete(identity);
    this.condition.enrol(backend, settings, reason);
    return backend;
  }

  #retire(backend: Backend): void {
    if (backend.active > 0) this.#retired.set(backend.identity, backend);
    this.condition.retire(backend);
  }
}
