import type { Clock } from "../core/clock.ts";
import { Ended, type Ending } from "../core/ending.ts";
import type { Session } from "../live/session.ts";
import { count } from "../live/totals.ts";
import { encodeHeader } from "../proxy-protocol/encode.ts";
import {
  type Connection,
  type Departure,
  DialError,
  type DialFailure,
  type Dialling,
  type Transport,
} from "../transport/transport.ts";
import type { Chooser } from "./door.ts";
import { Lease } from "./lease.ts";
import type { Pool } from "./pool.ts";
import type { Waiting } from "./queue.ts";
import { Tried } from "./tried.ts";

/** What connecting needs to know of where a session came in. */
export interface ConnectRoute {
  readonly pool: Pool;
  readonly transport: Transport;
  readonly clock: Clock;
  /** Whether a client that has finished may still want an answer. */
  readonly settings: { readonly halfClose: boolean };
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

/** A dial that failed: the word for it, and whether another backend may be dialled after it. */
interface Failed {
  readonly ending: Ending;
  readonly blamed: boolean;
  readonly retriable: boolean;
}

/**
 * Dials the backends that the pool chooses, one after the other, until one answers. Only a failed dial is followed by
 * another, at most `attempts` in all and within the retry budget, and never one that failed for our own shortage. Throws
 * Ended with the last dial's word, or the queue's; gives up at once when the session is ended from outside or its client
 * leaves.
 */
export function connect(session: Session, client: Connection, route: ConnectRoute): Promise<Upstream> {
  return new Attempts(session, client, route).run();
}

class Attempts {
  readonly #tried = new Tried();
  /** Ends the wait that is under way. */
  #giveUp: (() => void) | undefined;
  /** Why the dial under way was given up for another backend; undefined: it was not. */
  #redirected: Ending | undefined;

  constructor(
    readonly session: Session,
    readonly client: Connection,
    readonly route: ConnectRoute,
  ) {
    session.interruptible(() => this.#giveUp?.());
    // A dial that was answered before has to be noticed before.
    client.onceLeft((how) => queueMicrotask(() => this.#left(how)));
  }

  async run(): Promise<Upstream> {
    const { session, route } = this;
    let last: Failed | undefined;
    for (let left = route.pool.settings.attempts; left > 0 && session.ending === undefined; left--) {
      const place = route.pool.choose(session, this.#tried);
      const lease = place instanceof Lease || typeof place === "string" ? place : await this.#wait(place);
      if (!(lease instanceof Lease)) break;
      try {
        return this.#established(lease, await this.#dial(lease).connection);
      } catch (error) {
        using _given_back = lease;
        last = this.#failed(lease, error);
      }
      this.#tried.add(lease.backend);
      if (!last.retriable) break;
    }
    if (session.ending === undefined) this.#raiseAlarm(last);
    throw new Ended(session.ending ?? last?.ending ?? "no-backend");
  }

  /** A failure of our own has its alarm already. */
  #raiseAlarm(last: Failed | undefined): void {
    const { alarms } = this.route.pool;
    if (last === undefined) alarms.nothingUsable();
    else if (last.blamed) alarms.unanswered();
  }

  /** The place that the queue leads to; undefined where the session ended before it had one. */
  async #wait(waiting: Waiting<Chooser>): Promise<Lease | string | undefined> {
    const { session, route } = this;
    const sinceMs = route.clock.now();
    const gone = new Promise<undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined);
    });
    const lease = await Promise.race([waiting.lease, gone]).finally(() => {
      const waitedMs = route.clock.now() - sinceMs;
      session.queuedMs += waitedMs;
      route.pool.totals.queueWait.observe(waitedMs);
    });
    if (session.ending === undefined) return lease && route.pool.granted(lease, session, this.#tried);
    waiting.leave();
    // It may have been granted in the same moment.
    waiting.lease.then(
      (late) => late[Symbol.dispose](),
      () => {},
    );
    return undefined;
  }

  #dial(lease: Lease): Dialling {
    const { session, route } = this;
    const { connectTimeoutMs: timeoutMs, localAddress, keepAliveMs } = route.pool.settings;
    if (this.#tried.size > 0) route.pool.totals.retries += 1;
    session.placeOn = lease.backend.identity;
    this.#redirected = undefined;
    const dialling = route.transport.dial(lease.backend.endpoint, { timeoutMs, localAddress, keepAliveMs });
    this.#giveUp = () => dialling.cancel();
    session.redirectable((ending) => {
      this.#redirected = ending;
      dialling.cancel();
    });
    if (session.ending !== undefined) dialling.cancel();
    return dialling;
  }

  #established(lease: Lease, connection: Connection): Upstream {
    const { session, route } = this;
    session.redirectable(undefined);
    this.client.onceLeft(undefined);
    const ms = lease.connected(session);
    session.attempts.push({ backend: lease.backend.name, address: lease.backend.address, ms });
    session.answeredBy = lease.backend.settings;
    session.connectMs = ms;
    route.pool.totals.connect.observe(ms);
    route.pool.observe(lease.backend, true, lease);
    const { sendProxy } = route.pool.settings;
    // Not awaited: it stands before all that the relay writes, and its failure is the connection's.
    if (sendProxy !== undefined) connection.write(encodeHeader(sendProxy, session.addresses)).catch(() => {});
    return new Upstream(connection, lease);
  }

  #failed(lease: Lease, error: unknown): Failed {
    this.session.redirectable(undefined);
    this.session.placeOn = undefined;
    if (!(error instanceof DialError)) throw error;
    const { failure, code } = error;
    const blamed = BLAMED.has(failure);
    const ms = lease.failed(blamed);
    const ending = this.session.ending ?? this.#redirected ?? ENDINGS[failure];
    const { totals } = this.route.pool;
    count(totals.dialErrors, ending);
    if (blamed) totals.failed += 1;
    const { name, address } = lease.backend;
    const why = code === undefined ? { error: ending } : { error: ending, code };
    this.session.attempts.push({ backend: name, address, ms, ...why });
    if (blamed) this.route.pool.observe(lease.backend, false, lease);
    if (failure === "local") this.route.pool.alarms.ownFault(code ?? failure);
    return { ending, blamed, retriable: blamed || this.#redirected !== undefined };
  }

  #left(how: Departure): void {
    if (this.#isGone(how)) this.#gone();
    // Until it is closed it waits for an answer.
    else void this.client.closed.then(() => this.#gone());
  }

  #gone(): void {
    if (this.session.answeredBy === null) this.session.end("client-gone");
  }

  /** A client that finished after it had sent something waits for an answer, unless the first FIN ends everything. */
  #isGone(how: Departure): boolean {
    return how === "reset" || this.session.bytesIn === 0 || !this.route.settings.halfClose;
  }
}
