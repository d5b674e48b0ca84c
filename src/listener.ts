import { accessList } from "./admission/access.ts";
import { AgeLimit } from "./admission/age-limit.ts";
import type { ClientBuckets } from "./admission/client-buckets.ts";
import { ClientLimit } from "./admission/client-limit.ts";
import type { Farewells } from "./admission/farewells.ts";
import type { Gate } from "./admission/gate.ts";
import { TrustedPeers } from "./admission/identify.ts";
import { rateLimit } from "./admission/rate-limit.ts";
import { SessionLimit } from "./admission/session-limit.ts";
import type { AcceptProxy, AccessRule, Refusal } from "./admission/settings.ts";
import type { Endpoint } from "./core/address.ts";
import type { Clock } from "./core/clock.ts";
import { Deferred } from "./core/deferred.ts";
import type { Dice } from "./core/dice.ts";
import { Ended, type Ending } from "./core/ending.ts";
import { Roster } from "./core/roster.ts";
import { Session, type SessionRecord } from "./core/session.ts";
import type { Pool } from "./pool/pool.ts";
import { type Route, serve } from "./serve.ts";
import type { Connection, ListeningSocket, Transport } from "./transport/transport.ts";

/** A listener as configured. */
export interface ListenerSettings {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly pool: string;
  /** How a client that cannot be served is told. */
  readonly refuse: Refusal;
  /** Sessions at once. */
  readonly maxConnections: number;
  /** First match wins; no match: allowed. */
  readonly access: readonly AccessRule[];
  /** Sessions at once of one client. */
  readonly connectionsPerClient: number;
  /** Whether the clients' token buckets apply. */
  readonly rateLimit: boolean;
  readonly acceptProxy: AcceptProxy | undefined;
  readonly halfClose: boolean;
  readonly idleMs: number;
  readonly finMs: number;
  readonly maxAgeMs: number;
}

/** What a listener is given by the balancer it lives in. */
export interface ListenerSurroundings {
  readonly clock: Clock;
  readonly dice: Dice;
  /** Shared by all listeners that limit rates. */
  readonly clients: ClientBuckets;
  /** Shared by all listeners, whose sessions are to be at most so many. */
  readonly places: SessionLimit;
  readonly maxSessions: number;
  /** Refused clients of all listeners that are on their way out. */
  readonly farewells: Farewells;
  readonly transport: Transport;
  /** A number no other session has. */
  readonly nextNumber: () => number;
  /** Whether somebody reads session records; they are not built otherwise. */
  readonly recorded: () => boolean;
  readonly onRecord: (record: SessionRecord) => void;
  readonly onBug: (error: unknown, session: Session) => void;
}

/** What a listener has seen so far; endings that never happened are absent. */
export interface ListenerTotals {
  sessions: number;
  bytesIn: number;
  bytesOut: number;
  endings: { [word in Ending]?: number };
}

/** One listening socket and the sessions it brought in. */
export class Listener {
  readonly totals: ListenerTotals = { sessions: 0, bytesIn: 0, bytesOut: 0, endings: {} };
  readonly #surroundings: ListenerSurroundings;
  readonly #sessions = new Roster<Session>();
  readonly #limit = new SessionLimit();
  readonly #perClient = new ClientLimit();
  readonly #ageLimit: AgeLimit;
  #settings: ListenerSettings;
  /** Undefined until it serves. */
  #route: Route | undefined;
  #socket: ListeningSocket | undefined;
  /** Who came since it was bound and before it serves. */
  readonly #waiting: Connection[] = [];
  #emptied: Deferred<void> | undefined;

  constructor(settings: ListenerSettings, surroundings: ListenerSurroundings) {
    this.#surroundings = surroundings;
    this.#ageLimit = new AgeLimit(surroundings);
    this.#settings = settings;
  }

  get name(): string {
    return this.#settings.name;
  }

  /** Where it listens, with the real port; as configured until it is open. */
  get endpoint(): Endpoint {
    return this.#socket?.endpoint ?? this.#settings.endpoint;
  }

  /** Those that live. */
  get sessions(): Iterable<Session> & { readonly size: number } {
    return this.#sessions;
  }

  /** Binds, and lets whoever comes wait for the first `update`; rejects with the system's error, to which its name is added. */
  async open(): Promise<void> {
    const { transport } = this.#surroundings;
    const { endpoint, name } = this.#settings;
    try {
      this.#socket = await transport.listen(endpoint, (connection) => this.#accept(connection));
    } catch (error) {
      throw Object.assign(error as Error, { listener: name });
    }
  }

  /** New settings for sessions to come; those that live keep what they began with. Serves from the first time on. */
  update(settings: ListenerSettings, pool: Pool): void {
    this.#settings = settings;
    this.#route = this.#routeTo(pool);
    for (const connection of this.#waiting.splice(0)) this.#serve(connection, this.#route);
  }

  /** Stops accepting; see ListeningSocket.close. Its sessions live on; whoever still waits to be served is broken off. */
  async close(how: "served" | "now" = "served"): Promise<void> {
    await this.#socket?.close(how);
    for (const connection of this.#waiting) connection.reset();
  }

  /** Resolves when no session is left. */
  emptied(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    this.#emptied ??= new Deferred();
    return this.#emptied.promise;
  }

  #routeTo(pool: Pool): Route {
    const { refuse, halfClose, idleMs, finMs, maxAgeMs, acceptProxy } = this.#settings;
    const { transport, clock, onBug } = this.#surroundings;
    const trusted = acceptProxy && new TrustedPeers(acceptProxy);
    const admission = {
      entrance: this.#entrance(),
      trusted,
      gates: this.#gates(),
      refuse,
      farewells: this.#surroundings.farewells,
    };
    const ageLimit = this.#ageLimit;
    return { pool, transport, clock, ...admission, halfClose, idleMs, finMs, ageLimit, maxAgeMs, onBug };
  }

  #entrance(): Gate[] {
    const { access, connectionsPerClient, rateLimit: limited, acceptProxy } = this.#settings;
    const asksWho =
      access.length > 0 || connectionsPerClient < Infinity || limited || acceptProxy !== undefined;
    return asksWho ? [known, ...this.#places()] : this.#places();
  }

  /** Its own, where they are fewer than there are in all. */
  #places(): Gate[] {
    const { maxConnections } = this.#settings;
    const { places, maxSessions } = this.#surroundings;
    const all = places.gate(maxSessions);
    return maxConnections < maxSessions ? [this.#limit.gate(maxConnections), all] : [all];
  }

  #gates(): Gate[] {
    const { access, connectionsPerClient, rateLimit: limited } = this.#settings;
    const gates: Gate[] = [];
    if (access.length > 0) gates.push(accessList(access));
    if (connectionsPerClient < Infinity) gates.push(this.#perClient.gate(connectionsPerClient));
    if (limited) gates.push(rateLimit(this.#surroundings.clients));
    return gates;
  }

  #accept(connection: Connection): void {
    // Asked for now: a peer that has left has no address any more.
    if (this.#route === undefined || this.#surroundings.recorded()) void connection.remote;
    if (this.#route === undefined) this.#waiting.push(connection);
    else this.#serve(connection, this.#route);
  }

  #serve(connection: Connection, route: Route): void {
    const { clock, nextNumber } = this.#surroundings;
    const origin = { listener: this.name, pool: route.pool.name };
    const session = new Session(nextNumber(), origin, clock.now(), connection);
    this.totals.sessions += 1;
    this.#sessions.add(session);
    void serve(connection, session, route).then(() => this.#over(session));
  }

  #over(session: Session): void {
    const { clock, recorded, onRecord } = this.#surroundings;
    const ending = session.ending ?? "bug";
    this.totals.bytesIn += session.bytesIn;
    this.totals.bytesOut += session.bytesOut;
    this.totals.endings[ending] = (this.totals.endings[ending] ?? 0) + 1;
    this.#sessions.delete(session);
    if (recorded()) onRecord(session.record(clock.now()));
    if (this.#sessions.size > 0) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }
}

/** A client that left before it could be asked who it is must not pass for somebody else. */
const known: Gate = (session) => {
  if (session.unknown) throw new Ended("client-gone");
  return undefined;
};
