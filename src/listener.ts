import { isDeepStrictEqual } from "node:util";
import { AgeLimit } from "./admission/age-limit.ts";
import type { ClientBuckets } from "./admission/client-buckets.ts";
import { ClientLimit } from "./admission/client-limit.ts";
import { type DoorwayParts, doorwayOf } from "./admission/doorway.ts";
import type { Farewells } from "./admission/farewells.ts";
import { SessionLimit } from "./admission/session-limit.ts";
import type { ListenerSettings } from "./contract/listener.ts";
import type { Tell } from "./contract/report.ts";
import type { Endpoint } from "./core/address.ts";
import type { Clock } from "./core/clock.ts";
import { Deferred } from "./core/deferred.ts";
import type { Dice } from "./core/dice.ts";
import { Roster } from "./core/roster.ts";
import { Session } from "./live/session.ts";
import { count, type ListenerTotals } from "./live/totals.ts";
import type { Pool } from "./pool/pool.ts";
import { type Route, serve } from "./serve.ts";
import type { Connection, ListeningSocket, Transport } from "./transport/transport.ts";

/** What a listener is given by the balancer it lives in. */
export interface ListenerParts {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly transport: Transport;
  readonly report: Tell;
  /** Whether session records are wanted; they are not built otherwise. */
  readonly recording: () => boolean;
  /** The token buckets of all clients. */
  readonly clients: ClientBuckets;
  /** The sessions of all listeners together, and how many they may be. */
  readonly allPlaces: SessionLimit;
  readonly maxSessions: number;
  /** Refused clients of all listeners that are on their way out. */
  readonly farewells: Farewells;
  /** The totals of the listeners of a name. */
  readonly totalsOf: (name: string) => ListenerTotals;
  /** A number that no other session has. */
  readonly nextNumber: () => number;
}

/** How long the totals of bytes may lack what sessions that live have carried. */
const TALLY_EVERY_MS = 1_000;

/** One listening socket and the sessions it brought in. */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #doorwayParts: DoorwayParts;
  readonly #perClient = new ClientLimit();
  readonly #ageLimit: AgeLimit;
  readonly #sessions = new Roster<Session>();
  #settings: ListenerSettings;
  /** Undefined until it serves. */
  #route: Route | undefined;
  #socket: ListeningSocket | undefined;
  /** Connections that came since it was bound and before it serves. */
  readonly #early: Connection[] = [];
  #emptied: Deferred<void> | undefined;
  #talliedAtMs = -Infinity;

  constructor(settings: ListenerSettings, parts: ListenerParts) {
    this.#settings = settings;
    this.#parts = parts;
    const places = new SessionLimit(parts.allPlaces);
    this.#doorwayParts = { ...parts, places, perClient: this.#perClient };
    this.#ageLimit = new AgeLimit(parts);
  }

  get name(): string {
    return this.#settings.name;
  }

  /** Sessions at once: its own limit, or that of all listeners together. */
  get maxSessions(): number {
    return Math.min(this.#settings.maxConnections, this.#parts.maxSessions);
  }

  /** What its sessions have come to, and those of others of its name. */
  get totals(): ListenerTotals {
    return this.#parts.totalsOf(this.name);
  }

  /** Adds to the totals what sessions that live have carried since the last time, once a second at most. */
  tally(): void {
    const { clock, totalsOf } = this.#parts;
    if (clock.now() - this.#talliedAtMs < TALLY_EVERY_MS) return;
    this.#talliedAtMs = clock.now();
    const totals = totalsOf(this.name);
    // A session counts under the name that its listener had when it came.
    for (const session of this.#sessions) if (session.listener === this.name) session.tally(totals);
  }

  /** Where it listens, with the real port; as it is wanted until it is open. */
  get endpoint(): Endpoint {
    return this.#socket?.endpoint ?? this.#settings.endpoint;
  }

  /** Its sessions that live. */
  get sessions(): Iterable<Session> & { readonly size: number } {
    return this.#sessions;
  }

  /** Binds; connections wait for the first `serveWith`. Rejects with the system's error, to which its name is added. */
  async open(): Promise<void> {
    const { endpoint, name } = this.#settings;
    try {
      this.#socket = await this.#parts.transport.listen(endpoint, (connection) => this.#accept(connection));
      this.#socket.keepAlive(this.#settings.keepAliveMs);
    } catch (error) {
      throw Object.assign(error as Error, { listener: name });
    }
  }

  /** New settings for sessions to come; live sessions keep what they began with. Serves from the first time on. */
  serveWith(settings: ListenerSettings, pool: Pool): void {
    if (pool === this.#route?.pool && isDeepStrictEqual(settings, this.#settings)) return;
    const isLimitSet =
      settings.connectionsPerClient < Infinity && !(this.#settings.connectionsPerClient < Infinity);
    if (isLimitSet) this.#perClient.include(this.#sessions);
    this.#settings = settings;
    this.#socket?.keepAlive(settings.keepAliveMs);
    this.#route = this.#routeTo(pool);
    for (const connection of this.#early.splice(0)) this.#serve(connection, this.#route);
  }

  /** Stops accepting; see ListeningSocket.close. Its sessions live on; connections that still wait to be served are reset. */
  async close(how: "served" | "now" = "served"): Promise<void> {
    await this.#socket?.close(how);
    for (const connection of this.#early) connection.reset();
  }

  /** Resolves when no session is left. */
  emptied(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    this.#emptied ??= new Deferred();
    return this.#emptied.promise;
  }

  #routeTo(pool: Pool): Route {
    const { transport, clock, farewells, report } = this.#parts;
    const settings = this.#settings;
    const doorway = doorwayOf(settings, this.#doorwayParts);
    return { settings, pool, doorway, ageLimit: this.#ageLimit, farewells, transport, clock, report };
  }

  #accept(connection: Connection): void {
    // Asked for now: a peer that has left has no address any more.
    if (this.#route === undefined || this.#parts.recording()) void connection.remote;
    if (this.#route === undefined) this.#early.push(connection);
    else this.#serve(connection, this.#route);
  }

  #serve(connection: Connection, route: Route): void {
    const { clock, nextNumber, totalsOf } = this.#parts;
    const totals = totalsOf(this.name);
    const session = new Session(nextNumber(), this.name, clock.now(), connection);
    totals.sessions += 1;
    this.#sessions.add(session);
    void serve(connection, session, route).then(() => this.#over(session, totals));
  }

  #over(session: Session, totals: ListenerTotals): void {
    const { clock, recording, report } = this.#parts;
    const nowMs = clock.now();
    session.tally(totals);
    totals.duration.observe(nowMs - session.startedAtMs);
    count(totals.endings, session.ending ?? "bug");
    this.#sessions.delete(session);
    this.#perClient.leave(session);
    if (recording()) report({ kind: "session", record: session.record(nowMs, clock.wallMs()) });
    if (this.#sessions.size > 0) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }
}
