import type { PoolSettings } from "../contract/pool.ts";
import type { Clock, Timer } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";
import { faultOf, type Hangup } from "./fault.ts";
import type { Outliers } from "./outlier.ts";
import { ServedClients } from "./served-clients.ts";
import type { Standing } from "./standing.ts";
import type { Tenant } from "./tenant.ts";

/** What a pool's sessions say of its backends once they are connected: that one answered, or that it ended them. */
export class Testimony {
  readonly #clock: Clock;
  readonly #outliers: Outliers;
  readonly #settings: () => PoolSettings;
  readonly #memberAt: (backend: Backend) => Standing | undefined;
  readonly #served: ServedClients;
  /** Sessions that were answered and may still be ended early. */
  readonly #early = new Map<Tenant, Timer>();

  /** `settings`: the pool's, as they are now. `memberAt`: the standing of a backend that is a member. */
  constructor(
    clock: Clock,
    outliers: Outliers,
    settings: () => PoolSettings,
    memberAt: (backend: Backend) => Standing | undefined,
  ) {
    this.#clock = clock;
    this.#outliers = outliers;
    this.#settings = settings;
    this.#memberAt = memberAt;
    this.#served = new ServedClients(clock);
  }

  /** A session was answered, so long after it was asked or connected. */
  answered(tenant: Tenant, afterMs: number): void {
    if (tenant.client !== undefined) this.#served.note(tenant.client);
    // Most sessions are over with that: nothing is held against any backend.
    if (this.#outliers.suspects === 0) return;
    const earlyMs = this.#settings().outlier.earlyMs - afterMs;
    if (earlyMs <= 0) this.#good(tenant);
    else
      this.#early.set(
        tenant,
        this.#clock.after(earlyMs, () => this.#good(tenant)),
      );
  }

  /** A backend ended a session before its client did; whether that is held against it. */
  hungUp(tenant: Tenant, hangup: Hangup): boolean {
    const { outlier } = this.#settings();
    const { backend, client } = tenant;
    const isServed = () => client !== undefined && this.#served.includes(client);
    const fault = faultOf(hangup, outlier.earlyMs, isServed);
    const member = fault && this.#memberAt(backend);
    if (fault === undefined || member === undefined) return false;
    this.#settle(tenant);
    this.#outliers.failed(member, fault, outlier, tenant);
    return true;
  }

  /** A session is over. */
  left(tenant: Tenant): void {
    if (this.#early.has(tenant)) this.#good(tenant);
    else if (this.#outliers.suspects > 0) this.#undecided(tenant);
  }

  #good(tenant: Tenant): void {
    this.#settle(tenant);
    const member = this.#memberAt(tenant.backend);
    if (member !== undefined) this.#outliers.answered(member, tenant);
  }

  #undecided(tenant: Tenant): void {
    const member = this.#memberAt(tenant.backend);
    if (member !== undefined) this.#outliers.undecided(member, tenant);
  }

  #settle(tenant: Tenant): void {
    this.#early.get(tenant)?.[Symbol.dispose]();
    this.#early.delete(tenant);
  }
}
