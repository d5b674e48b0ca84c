import type { Backend } from "../core/backend.ts";
import { Ended, type Ending } from "../core/ending.ts";
import type { Session } from "../core/session.ts";
import {
  type Connection,
  DialError,
  type DialFailure,
  type Dialling,
  type Transport,
} from "../transport/transport.ts";
import type { Lease } from "./lease.ts";
import type { Pool } from "./pool.ts";

/** What connecting needs to know of where a session came in. */
export interface ConnectRoute {
  readonly pool: Pool;
  readonly transport: Transport;
  /** Whether a client that has finished may still want an answer. */
  readonly halfClose: boolean;
}

/** A connection to a backend and the place it takes there. Disposing of it closes the one and gives back the other. */
export class Upstream implements Disposable {
  constructor(
    readonly connection: Connection,
    readonly lease: Lease,
  ) {}

  [Symbol.dispose](): void {
    this.connection.reset();
    this.lease[Symbol.dispose]();
  }
}

const ENDINGS = {
  refused: "connect-refused",
  timeout: "connect-timeout",
  unreachable: "connect-failed",
  local: "connect-failed",
  cancelled: "client-gone",
} as const satisfies Record<DialFailure, Ending>;

/**
 * Leases and dials the pool's backends in the order of their ranking until one answers. Only a failed dial is followed
 * by another, at most `pool.attempts` in all, and never one that failed for our own shortage. Throws Ended with the
 * last dial's word; gives up at once when the session is ended from outside or its client leaves.
 */
export async function connect(session: Session, client: Connection, route: ConnectRoute): Promise<Upstream> {
  using attempts = new Attempts(session, client, route);
  return await attempts.run();
}

class Attempts implements Disposable {
  #dialling: Dialling | undefined;
  #waiting = true;

  constructor(
    readonly session: Session,
    readonly client: Connection,
    readonly route: ConnectRoute,
  ) {
    session.interruptible(() => this.#dialling?.cancel());
    void client.left.then((how) => {
      if (this.#waiting && this.#isGone(how)) session.end("client-gone");
    });
  }

  async run(): Promise<Upstream> {
    let last: Ending = "no-backend";
    let left = this.route.pool.attempts;
    for (const backend of this.route.pool.rank(this.session)) {
      // Drained or removed while another was dialled.
      if (!backend.usable) continue;
      const outcome = await this.#try(backend);
      if (outcome instanceof Upstream) return outcome;
      last = ENDINGS[outcome];
      left -= 1;
      if (left === 0 || outcome === "local" || this.session.ending !== undefined) break;
    }
    throw new Ended(this.session.ending ?? last);
  }

  [Symbol.dispose](): void {
    this.#waiting = false;
  }

  async #try(backend: Backend): Promise<Upstream | DialFailure> {
    const { pool, transport } = this.route;
    const lease = pool.lease(backend);
    this.#dialling = transport.dial(backend.endpoint, { timeoutMs: pool.connectMs });
    if (this.session.ending !== undefined) this.#dialling.cancel();
    try {
      return this.#established(lease, await this.#dialling.connection);
    } catch (error) {
      using _given_back = lease;
      return this.#failed(lease, error);
    }
  }

  #established(lease: Lease, connection: Connection): Upstream {
    const { session } = this;
    const ms = lease.connected();
    session.attempts.push({ backend: lease.backend.name, address: lease.backend.address, ms });
    session.backend = lease.backend.name;
    session.connectMs = ms;
    return new Upstream(connection, lease);
  }

  #failed(lease: Lease, error: unknown): DialFailure {
    if (!(error instanceof DialError)) throw error;
    const { failure } = error;
    const ms = lease.failed(failure !== "local" && failure !== "cancelled");
    const { name, address } = lease.backend;
    this.session.attempts.push({
      backend: name,
      address,
      ms,
      error: this.session.ending ?? ENDINGS[failure],
    });
    return failure;
  }

  /** A client that finished after it had sent something waits for an answer, unless the first FIN ends everything. */
  #isGone(how: "reset" | "finished"): boolean {
    return how === "reset" || this.client.bytesRead === 0 || !this.route.halfClose;
  }
}
