import { Ended } from "../core/ending.ts";
import { limitKey } from "../core/ip.ts";
import type { Session } from "../live/session.ts";
import type { Gate } from "./gate.ts";

/** Counts the sessions of each client. Its table holds the clients that have a session, and no others. */
export class ClientLimit {
  readonly #clients = new Map<string, number>();

  /** Clients that have a session. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Refuses with `client-limit` a client that has `max` sessions. All gates of one ClientLimit count together. */
  gate(max: number): Gate {
    return (session) => {
      const client = limitKey(session.address);
      if ((this.#clients.get(client) ?? 0) >= max) throw new Ended("client-limit");
      this.#enter(session, client);
      return { [Symbol.dispose]: () => this.leave(session) };
    };
  }

  /** Counts sessions that came in while there was no limit; each counts until it leaves. */
  include(sessions: Iterable<Session>): void {
    for (const session of sessions) {
      const counts = session.countedAs !== undefined || session.ending !== undefined || session.unknown;
      if (!counts) this.#enter(session, limitKey(session.address));
    }
  }

  /** A session is over; does nothing where it does not count. */
  leave(session: Session): void {
    const client = session.countedAs;
    if (client === undefined) return;
    session.countedAs = undefined;
    const sessions = this.#clients.get(client) ?? 0;
    if (sessions > 1) this.#clients.set(client, sessions - 1);
    else this.#clients.delete(client);
  }

  #enter(session: Session, client: string): void {
    session.countedAs = client;
    this.#clients.set(client, (this.#clients.get(client) ?? 0) + 1);
  }
}
