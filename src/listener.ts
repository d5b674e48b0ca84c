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
import type { Ending } from "./core/ending.ts";
import { Roster } from "./core/roster.ts";
import { Session } from "./live/session.ts";
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
  /** A number that no other session has. */
  readonly nextNumber: () => number;
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

  /** New settings for sessions to come; those that live keep what they began with. Serves from the first time on. */
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
    const { clock, nextNumber } = this.#parts;
    const session = new Session(nextNumber(), this.name, clock.now(), connection);
    this.totals.sessions += 1;
    this.#sessions.add(session);
    void serve(connection, session, route).then(() => this.#over(session));
  }

  #over(session: Session): void {
    const { clock, recording, report } = this.#parts;
    const ending = session.ending ?? "bug";
    this.totals.bytesIn += session.bytesIn;
    this.totals.bytesOut += session.bytesOut;
    this.totals.endings[ending] = (this.totals.endings[ending] ?? 0) + 1;
    this.#sessions.delete(session);
    this.#perClient.leave(session);
    if (recording()) report({ kind: "session", record: session.record(clock.now(), clock.wallMs()) });
    if (this.#sessions.size > 0) return;
    this.#emptied?.resolve();
    this.#emptied = undefined;
  }
}
