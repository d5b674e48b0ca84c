import { Ended } from "../core/ending.ts";
import { limitKey } from "../core/ip.ts";
import type { ClientCount, Session } from "../live/session.ts";
import type { Gate } from "./gate.ts";

/** Counts the sessions of each client. Its table holds the clients that have a session, and no others. */
export class ClientLimit {
  readonly #clients = new Map<string, ClientCount>();

  /** Clients that have a session. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Refuses with `client-limit` a client that has `max` sessions. All gates of one ClientLimit count together. */
  gate(max: number): Gate {
    return (session) => {
      const client = limitKey(session.address);
      const counted = this.#clients.get(client) ?? { client, sessions: 0 };
      if (counted.sessions >= max) throw new Ended("client-limit");
      this.#enter(session, counted);
      return { [Symbol.dispose]: () => this.leave(session) };
    };
  }

  /** Counts sessions that came in while there was no limit; each counts until it leaves. */
  include(sessions: Iterable<Session>): void {
    for (const session of sessions) {
      if (session.counted !== undefined || session.ending !== undefined || session.unknown) continue;
      const client = limitKey(session.address);
      this.#enter(session, this.#clients.get(client) ?? { client, sessions: 0 });
    }
  }

  /** A session is over; does nothing where it does not count. */
  leave(session: Session): void {
    const { counted } = session;
    if (counted === undefined) return;
    session.counted = undefined;
    counted.sessions -= 1;
    if (counted.sessions === 0) this.#clients.delete(counted.client);
  }

  #enter(session: Session, counted: ClientCount): void {
    if (counted.sessions === 0) this.#clients.set(counted.client, counted);
    counted.sessions += 1;
    session.counted = counted;
  }
}
