import type { Backend } from "../core/backend.ts";
import type { Clock } from "../core/clock.ts";
import { Ended, type Ending } from "../core/ending.ts";
import type { Session } from "../core/session.ts";
import { encodeHeader } from "../proxy-protocol/encode.ts";
import { type Connection, DialError, type DialFailure, type Transport } from "../transport/transport.ts";
import type { Lease } from "./lease.ts";
import type { Pool } from "./pool.ts";

/** What connecting needs to know of where a session came in. */
export interface ConnectRoute {
  readonly pool: Pool;
  readonly transport: Transport;
  readonly clock: Clock;
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

/** Failures that say something about the backend. */
const BLAMED: ReadonlySet<DialFailure> = new Set(["refused", "timeout", "unreachable"]);

/**
 * Leases and dials the pool's backends in the order of their ranking until one answers; where all that are left are
 * full, waits in the pool's queue. Only a failed dial is followed by another, at most `attempts` in all and within the
 * retry budget, and never one that failed for our own shortage. Throws Ended with the last dial's word, or the queue's;
 * gives up at once when the session is ended from outside or its client leaves.
 */
export function connect(session: Session, client: Connection, route: ConnectRoute): Promise<Upstream> {
  return new Attempts(session, client, route).run();
}

class Attempts {
  readonly #tried: Backend[] = [];
  /** Whether the last dial failed by its backend's fault. */
  #blamed = false;
  #giveUp: () => void = () => {};

  constructor(
    readonly session: Session,
    readonly client: Connection,
    readonly route: ConnectRoute,
  ) {
    session.interruptible(() => this.#giveUp());
    void client.left.then((how) => {
      if (this.#isGone(how)) this.#gone();
      // Until it is closed it waits for an answer.
      else if (session.backend === null) void client.closed.then(() => this.#gone());
    });
  }

  #gone(): void {
    if (this.session.backend === null) this.session.end("client-gone");
  }

  async run(): Promise<Upstream> {
    const { pool } = this.route;
    const ranking = pool.rank(this.session)[Symbol.iterator]();
    let last: Ending = "no-backend";
    for (let left = pool.settings.attempts; left > 0 && this.#mayTry; left--) {
      // Who came or came back while another was dialled is in no ranking that began before.
      const lease = this.#next(ranking) ?? pool.place(this.session, this.#tried) ?? (await this.#late());
      if (lease === undefined || !this.#begins(lease)) break;
      const outcome = await this.#try(lease);
      if (outcome instanceof Upstream) return outcome;
      last = ENDINGS[outcome];
      this.#tried.push(lease.backend);
      this.#blamed = BLAMED.has(outcome);
      if (!this.#blamed) break;
    }
    if (this.session.ending === undefined) this.#tellWhyNobodyServed(last);
    throw new Ended(this.session.ending ?? last);
  }

  #tellWhyNobodyServed(last: Ending): void {
    const { alarms } = this.route.pool;
    if (last === "no-backend") alarms.nothingUsable();
    // A failure of our own has its alarm already.
    else if (this.#blamed) alarms.nobodyAnswered();
  }

  get #mayTry(): boolean {
    if (this.session.ending !== undefined) return false;
    return this.#tried.length === 0 || this.route.pool.mayRetry(this.#tried);
  }

  /** Counts the dial that begins now; where the budget was spent while it waited for its place, it gives that back. */
  #begins(lease: Lease): boolean {
    const begins = this.route.pool.dials(this.#tried.length > 0);
    if (!begins) lease[Symbol.dispose]();
    return begins;
  }

  /** A place on the next backend of the ranking that has one. */
  #next(ranking: Iterator<Backend>): Lease | undefined {
    for (let next = ranking.next(); !next.done; next = ranking.next()) {
      // The queue may have given it a place there, out of the ranking's order.
      if (this.#tried.includes(next.value)) continue;
      const lease = this.route.pool.lease(next.value);
      if (lease !== undefined) return lease;
      if (!this.route.pool.hasPlace(this.#tried)) return undefined;
    }
    return undefined;
  }

  /** Where no usable backend has a place: the first that is free, or where there is none to wait for, an ejected one. */
  async #late(): Promise<Lease | undefined> {
    const queued = await this.#queued();
    return (
      queued ?? (this.session.ending === undefined ? this.route.pool.lastResort(this.#tried) : undefined)
    );
  }

  async #queued(): Promise<Lease | undefined> {
    const { session } = this;
    const waiting = this.route.pool.wait(session, this.#tried, session.queuedMs);
    if (waiting === undefined) return undefined;
    const sinceMs = this.route.clock.now();
    const gone = new Promise<undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined);
    });
    const place = await Promise.race([waiting.place, gone]).finally(() => {
      session.queuedMs += this.route.clock.now() - sinceMs;
    });
    if (session.ending === undefined) return place;
    waiting.leave();
    // It may have been given in the same moment.
    waiting.place.then(
      (late) => late[Symbol.dispose](),
      () => {},
    );
    return undefined;
  }

  async #try(lease: Lease): Promise<Upstream | DialFailure> {
    const { pool, transport } = this.route;
    const { connectMs: timeoutMs, localAddress } = pool.settings;
    try {
      const dialling = transport.dial(lease.backend.endpoint, { timeoutMs, localAddress });
      this.#giveUp = () => dialling.cancel();
      if (this.session.ending !== undefined) dialling.cancel();
      return this.#established(lease, await dialling.connection);
    } catch (error) {
      using _given_back = lease;
      return this.#failed(lease, error);
    }
  }

  #established(lease: Lease, connection: Connection): Upstream {
    const { session, route } = this;
    const ms = lease.connected();
    session.attempts.push({ backend: lease.backend.name, address: lease.backend.address, ms });
    session.backend = lease.backend.settings;
    session.connectMs = ms;
    route.pool.observe(lease.backend, true);
    const { sendProxy } = route.pool.settings;
    // Not awaited: it stands before whatever the relay writes, and its failure is the connection's.
    if (sendProxy !== undefined) connection.write(encodeHeader(sendProxy, session.addresses)).catch(() => {});
    return new Upstream(connection, lease);
  }

  #failed(lease: Lease, error: unknown): DialFailure {
    if (!(error instanceof DialError)) throw error;
    const { failure, code } = error;
    const blamed = BLAMED.has(failure);
    const ms = lease.failed(blamed);
    const { name, address } = lease.backend;
    this.session.attempts.push({
      backend: name,
      address,
      ms,
      error: this.session.ending ?? ENDINGS[failure],
      ...(code !== undefined && { code }),
    });
    if (blamed) this.route.pool.observe(lease.backend, false);
    if (failure === "local") this.route.pool.alarms.ownFault(code ?? failure);
    return failure;
  }

  /** A client that finished after it had sent something waits for an answer, unless the first FIN ends everything. */
  #isGone(how: "reset" | "finished"): boolean {
    return how === "reset" || this.session.bytesIn === 0 || !this.route.halfClose;
  }
}
