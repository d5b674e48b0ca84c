import { Ended } from "../core/ending.ts";
import { limitKey } from "../core/ip.ts";
import type { Gate } from "./gate.ts";

/** Counts the sessions of each client. Its table holds the clients that have one, and no others. */
export class ClientLimit {
  readonly #sessions = new Map<string, number>();

  /** Clients that have a session. */
  get clients(): number {
    return this.#sessions.size;
  }

  /** Refuses with `client-limit` a client that has `max` sessions. All gates of one ClientLimit count together. */
  gate(max: number): Gate {
    return ({ address }) => {
      const client = limitKey(address);
      const sessions = this.#sessions.get(client) ?? 0;
      if (sessions >= max) throw new Ended("client-limit");
      this.#sessions.set(client, sessions + 1);
      return { [Symbol.dispose]: () => this.#leave(client) };
    };
  }

  #leave(client: string): void {
    const sessions = this.#sessions.get(client) ?? 0;
    if (sessions > 1) this.#sessions.set(client, sessions - 1);
    else this.#sessions.delete(client);
  }
}
