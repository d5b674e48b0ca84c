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
import type { ListenerTransport } from "./core/transport-names.ts";
import { Session } from "./live/session.ts";
import { count, type ListenerTotals } from "./live/totals.ts";
import type { Pool } from "./pool/pool.ts";
import { type Route, serve } from "./serve.ts";
import type { Connection, ListeningSocket, Transport } from "./transport/transport.ts";

/** What a listener is given by the balancer it lives in. */
export interface ListenerParts {
  readonly clock: Clock;
  readonly dice: Dice;
  /** What moves the bytes of a listener that wants this; throws a Failure where that is not to be had. */
  readonly transport: (wanted: ListenerTransport) => Transport;
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

/** A listening socket, and what moves the bytes of what it accepts. */
interface Bound {
  readonly socket: ListeningSocket;
  readonly transport: Transport;
}

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
  #bound: Bound | undefined;
  /** By another transport; it takes the place of that one with the settings that come next. */
  #next: Bound | undefined;
  /** Connections that came since it was bound and before it serves. */
  readonly #early: (readonly [Connection, Transport])[] = [];
  #isClosed = false;
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
    return this.#bound?.socket.endpoint ?? this.#settings.endpoint;
  }

  /** Its sessions that live. */
  get sessions(): Iterable<Session> & { readonly size: number } {
    return this.#sessions;
  }

  /** Binds; connections wait for the first `serveWith`. Rejects with the system's error, to which its name is added. */
  async open(): Promise<void> {
    this.#bound = await named(this.name, () => this.#bind(this.#settings));
    this.#bound.socket.keepAlive(this.#settings.keepAliveMs);
  }

  /** Gets ready to serve with new settings, or to `stay` with those that it has; rejects as `open`. */
  async prepare(settings: ListenerSettings): Promise<void> {
    const { socket, transport } = this.#bound as Bound;
    await named(settings.name, async () => {
      if (this.#parts.transport(settings.transport) === transport) return;
      this.#next = await this.#bind({ ...settings, endpoint: socket.endpoint }, socket);
      if (this.#isClosed) await this.stay();
    });
  }

  /** What was prepared is not wanted any more. */
  async stay(): Promise<void> {
    await this.#next?.socket.close("moved");
    this.#next = undefined;
  }

  /** New settings for sessions to come; live sessions keep what they began with. Serves from the first time on. */
  serveWith(settings: ListenerSettings, pool: Pool): void {
    if (pool === this.#route?.pool && isDeepStrictEqual(settings, this.#settings)) return;
    const isLimitSet =
      settings.connectionsPerClient < Infinity && !(this.#settings.connectionsPerClient < Infinity);
    if (isLimitSet) this.#perClient.include(this.#sessions);
    this.#settings = settings;
    if (this.#next !== undefined) this.#move(this.#next);
    this.#bound?.socket.keepAlive(settings.keepAliveMs);
    this.#route = this.#routeTo(pool);
    for (const [connection, transport] of this.#early.splice(0))
      this.#serve(connection, transport, this.#route);
  }

  /** Stops accepting; see ListeningSocket.close. Its sessions live on; connections that still wait to be served are reset. */
  async close(how: "served" | "now" = "served"): Promise<void> {
    this.#isClosed = true;
    // What was prepared shares the socket, and would be told of its end without end.
    await this.stay();
    await this.#bound?.socket.close(how);
    for (const [connection] of this.#early) connection.reset();
  }

  /** Resolves when no session is left. */
  emptied(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    this.#emptied ??= new Deferred();
    return this.#emptied.promise;
  }

  #routeTo(pool: Pool): Route {
    const { clock, farewells, report } = this.#parts;
    const settings = this.#settings;
    const { transport } = this.#bound as Bound;
    const doorway = doorwayOf(settings, this.#doorwayParts);
    return { settings, pool, doorway, ageLimit: this.#ageLimit, farewells, transport, clock, report };
  }

  /** Listens, in the place of another socket if there is one. */
  async #bind(settings: ListenerSettings, before?: ListeningSocket): Promise<Bound> {
    const transport = this.#parts.transport(settings.transport);
    const accepted = (connection: Connection) => this.#accept(connection, transport);
    const socket = await transport.listen(settings.endpoint, accepted, before?.duplicate());
    return { socket, transport };
  }

  #move(next: Bound): void {
    void this.#bound?.socket.close("moved");
    this.#bound = next;
    this.#next = undefined;
  }

  #accept(connection: Connection, transport: Transport): void {
    // Asked for now: a peer that has left has no address any more.
    if (this.#route === undefined || this.#parts.recording()) void connection.remote;
    if (this.#route === undefined) this.#early.push([connection, transport]);
    else this.#serve(connection, transport, this.#route);
  }

  /** A connection that came by a transport of before is served by that. */
  #serve(connection: Connection, transport: Transport, latest: Route): void {
    const route = transport === latest.transport ? latest : { ...latest, transport };
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

/** Does what may be refused for a listener, whose name is added to the error. */
async function named<T>(listener: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw Object.assign(error as Error, { listener });
  }
}
