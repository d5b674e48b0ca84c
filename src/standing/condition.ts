import type { BackendSettings } from "../contract/backend.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Tell } from "../contract/report.ts";
import type { Clock } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";
import { move } from "../live/counts.ts";
import { type Trial, trials } from "../live/trial.ts";
import { Census } from "./census.ts";
import { DrainLog } from "./drain-log.ts";
import type { Drains } from "./drains.ts";
import { Outliers } from "./outlier.ts";
import { SlowStart } from "./slow-start.ts";
import { Standing } from "./standing.ts";
import { StateLog } from "./state-log.ts";
import type { Tenant } from "./tenant.ts";
import { Testimony } from "./testimony.ts";

/** What the condition of a pool's members is made of. */
export interface ConditionParts {
  readonly clock: Clock;
  readonly report: Tell;
  readonly drains: Drains;
}

/**
 * What becomes of a pool's members, by their settings, by probes and by their sessions. Each change of a standing goes through
 * here: it sets the backend's `usable` and its weight, begins a slow start, and is told.
 */
export class Condition {
  /** How many members there are of each kind. */
  readonly census = new Census();
  /** Is told what sessions say of members. */
  readonly testimony: Testimony;
  readonly #settings: () => PoolSettings;
  readonly #changed: (backend: Backend) => void;
  readonly #standings = new Map<Backend, Standing>();
  readonly #outliers: Outliers;
  readonly #slowStart: SlowStart;
  readonly #states: StateLog;
  readonly #drainLog: DrainLog;
  readonly #drains: Drains;
  readonly #report: Tell;
  readonly #clock: Clock;
  #ejections = 0;

  /** `pool`: its name. `settings`: the pool's, as they are now. `changed` is called when a member's `usable` or weight may have changed. */
  constructor(
    readonly pool: string,
    { clock, report, drains }: ConditionParts,
    settings: () => PoolSettings,
    changed: (backend: Backend) => void,
  ) {
    this.#settings = settings;
    this.#changed = changed;
    this.#drains = drains;
    this.#report = report;
    this.#clock = clock;
    this.#slowStart = new SlowStart(clock, changed);
    this.#states = new StateLog(clock, pool, report);
    this.#drainLog = new DrainLog(clock, pool, report);
    this.#outliers = new Outliers(clock, this.census, {
      ejected: (standing, reason) => {
        move(standing.backend.counts.ejections, standing.backend.slot, 1);
        this.#ejections += 1;
        this.#put(standing, true, trials.none, reason);
      },
      onTrial: (standing) => this.#put(standing, false, trials.open, "ejection over"),
      returned: (standing, reason) => this.#put(standing, false, trials.none, reason),
    });
    this.testimony = new Testimony(clock, this.#outliers, settings, (backend) => this.#memberAt(backend));
  }

  /** Times that members were ejected so far. */
  get ejections(): number {
    return this.#ejections;
  }

  /** Until the last session of a member is told to leave; null where no drain of it with a time is under way. */
  drainedInMs(backend: Backend): number | null {
    return this.#drains.endsInMs(this.pool, backend);
  }

  /** Whether a backend is a member, or was removed and still has sessions. */
  knows(backend: Backend): boolean {
    return this.#standings.has(backend);
  }

  /** The standing of such a backend. */
  of(backend: Backend): Standing {
    return this.#standings.get(backend) as Standing;
  }

  /** How long a member has had its status, in milliseconds. */
  statusForMs(backend: Backend): number {
    const nowMs = this.#clock.now();
    return nowMs - (this.#states.sinceMs(backend) ?? nowMs);
  }

  /** A backend is a member from now on; one that comes back while it has sessions is taken to be well. */
  enrol(backend: Backend, settings: BackendSettings, reason: string): void {
    const standing = new Standing(backend, this.#clock.now());
    this.#standings.set(backend, standing);
    backend.settings = settings;
    backend.weight = settings.weight;
    this.#admit(standing);
    this.#told(standing, reason);
  }

  /** New settings for a member; a slow start goes on where it is. */
  configure(backend: Backend, settings: BackendSettings, reason: string): void {
    const standing = this.of(backend);
    const apply = () => {
      backend.settings = settings;
      backend.weight = settings.weight;
    };
    if (isSame(backend.settings, settings)) {
      // The pool may end sessions by now.
      this.#endSessions(standing, reason);
    } else {
      this.#become(standing, apply);
      this.#told(standing, reason);
    }
  }

  /** What probes found of a member. */
  probed(backend: Backend, alive: boolean, reason: string): void {
    const standing = this.of(backend);
    this.#change(standing, () => standing.probed(alive, reason, this.#clock.now()), reason);
  }

  /** How a dial went, where the backend is the cause; `tenant`: the session it was for. */
  dialled(backend: Backend, answered: boolean, tenant?: Tenant): void {
    const standing = this.#memberAt(backend);
    if (standing === undefined) return;
    if (answered) this.#outliers.connected(standing, tenant);
    else this.#outliers.failed(standing, "dial", this.#settings().outlier, tenant);
  }

  /** A session has a place on a backend; the first one on a backend that is on trial tries it. */
  took(tenant: Tenant): void {
    const { backend } = tenant;
    if (!backend.onTrial) return;
    const standing = this.of(backend);
    standing.trial = trials.taken;
    backend.counts.trial[backend.slot] = trials.taken;
    this.#outliers.tries(standing, tenant);
  }

  /** A place on a backend became free. */
  freed(backend: Backend): void {
    this.#drainLog.freed(backend);
    if (this.of(backend).retired) this.#forgetEmpty(backend);
  }

  /** A backend is no member any more; its slot is free once its last session has ended. */
  retire(backend: Backend): void {
    const standing = this.of(backend);
    this.#outliers.forget(standing);
    this.#slowStart.stop(backend);
    this.#states.forget(backend);
    this.census.count(standing, -1);
    standing.retired = true;
    backend.counts.usable[backend.slot] = 0;
    this.#changed(backend);
    this.#drainLog.note(standing);
    this.#forgetEmpty(backend);
  }

  /** The settings have spoken of it: they are the newest word. */
  #told(standing: Standing, reason: string): void {
    const { backend } = standing;
    if (backend.settings.state !== "drain") this.#drains.callOff(this.pool, backend);
    this.#tell(standing, reason);
  }

  /** Undefined where the backend has left: it is no member's outlier. */
  #memberAt(backend: Backend): Standing | undefined {
    const standing = this.#standings.get(backend);
    return standing?.retired ? undefined : standing;
  }

  #put(standing: Standing, ejected: boolean, trial: Trial, reason: string): void {
    this.#change(standing, () => standing.tried(ejected, trial, reason, this.#clock.now()), reason);
  }

  #forgetEmpty(backend: Backend): void {
    if (backend.active > 0) return;
    this.#standings.delete(backend);
    backend.counts.release(backend.slot);
  }

  #change(standing: Standing, change: () => void, reason: string): void {
    this.#become(standing, change);
    this.#tell(standing, reason);
  }

  #become(standing: Standing, change: () => void): void {
    const { backend } = standing;
    const wasUsable = standing.usable;
    this.census.count(standing, -1);
    change();
    this.#slowStart.follow(backend);
    if (!wasUsable && standing.usable) this.#slowStart.begin(backend, this.#settings().slowStartMs);
    this.#admit(standing);
  }

  #admit(standing: Standing): void {
    const { backend, usable } = standing;
    this.census.count(standing, 1);
    backend.counts.usable[backend.slot] = usable ? 1 : 0;
    backend.counts.trial[backend.slot] = standing.trial;
    this.#changed(backend);
  }

  #tell(standing: Standing, reason: string): void {
    this.#states.note(standing, reason, this.#outliers.ejectionOf(standing));
    this.#drainLog.note(standing);
    this.#endSessions(standing, reason);
  }

  /** Where the pool ends the sessions of a backend that is down or in maintenance, and it is. */
  #endSessions(standing: Standing, word: string): void {
    const { alive, backend } = standing;
    const isDown = !alive || backend.settings.state === "maint";
    if (!isDown || this.#settings().onDown === "keep" || backend.active === 0) return;
    const sessions = this.#drains.end(this.pool, backend, "backend-down");
    const reason = alive ? word : standing.finding.reason;
    if (sessions > 0)
      this.#report({ kind: "sessions-ended", pool: this.pool, backend: backend.name, sessions, reason });
  }
}

/** Whether the same is wanted of a backend as before. */
function isSame(one: BackendSettings, other: BackendSettings): boolean {
  const { name, weight, maxConnections, backup, state } = one;
  const sameLimits = weight === other.weight && maxConnections === other.maxConnections;
  return sameLimits && name === other.name && backup === other.backup && state === other.state;
}
