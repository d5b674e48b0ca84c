import type { PoolSettings } from "../contract/pool.ts";
import type { Clock, Timer } from "../core/clock.ts";
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
  readonly #served: ServedClients;
  /** Sessions that were answered and may still be ended early. */
  readonly #early = new Map<Tenant, Timer>();

  constructor(clock: Clock, outliers: Outliers, settings: () => PoolSettings) {
    this.#clock = clock;
    this.#outliers = outliers;
    this.#settings = settings;
    this.#served = new ServedClients(clock);
  }

  /** A session was answered. */
  heard({ client }: Tenant): void {
    if (client !== undefined) this.#served.note(client);
  }

  /** A session on a backend that is suspected was answered, so long after it was asked or connected. */
  answered(tenant: Tenant, standing: Standing, afterMs: number): void {
    const earlyMs = this.#settings().outlier.earlyMs - afterMs;
    if (earlyMs <= 0) this.#outliers.answered(standing, tenant);
    else
      this.#early.set(
        tenant,
        this.#clock.after(earlyMs, () => this.#good(tenant, standing)),
      );
  }

  /** A backend ended a session before its client did; whether that is held against it. */
  hungUp(tenant: Tenant, standing: Standing, hangup: Hangup): boolean {
    const { outlier } = this.#settings();
    const { client } = tenant;
    const isServed = () => client !== undefined && this.#served.includes(client);
    const fault = faultOf(hangup, outlier.earlyMs, isServed);
    if (fault === undefined) return false;
    this.#forget(tenant);
    this.#outliers.failed(standing, fault, outlier, tenant);
    return true;
  }

  /** A session on a backend that is suspected is over. */
  left(tenant: Tenant, standing: Standing): void {
    if (this.#early.has(tenant)) this.#good(tenant, standing);
    else this.#outliers.undecided(standing, tenant);
  }

  #good(tenant: Tenant, standing: Standing): void {
    this.#forget(tenant);
    this.#outliers.answered(standing, tenant);
  }

  #forget(tenant: Tenant): void {
    this.#early.get(tenant)?.[Symbol.dispose]();
    this.#early.delete(tenant);
  }
}
