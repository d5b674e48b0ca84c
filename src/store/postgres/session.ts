import { Socket } from "node:net";
import pg from "pg";
import type { Clock } from "../../core/clock.ts";
import { inTime } from "../in-time.ts";

/** What a connection to a database is opened with, and whom it tells. */
export interface SessionParts {
  readonly url: string;
  /** What the database's own tables call it, 63 bytes at most. */
  readonly name: string;
  readonly clock: Clock;
  /** Another session notified. */
  readonly notified: (payload: string) => void;
  /** It is over, and not because it was ended. */
  readonly lost: (error: Error) => void;
}

/** One connection to a database, whose every query has a deadline. One that is late ends the connection: its state is not known. */
export class Session implements Disposable {
  readonly #clock: Clock;
  readonly #socket = new Socket();
  readonly #client: pg.Client;
  readonly #lost: (error: Error) => void;
  #over = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor({ url, name, clock, notified, lost }: SessionParts) {
    this.#clock = clock;
    this.#lost = lost;
    this.#client = new pg.Client({
      connectionString: url,
      application_name: name,
      stream: () => this.#socket,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5_000,
    });
    this.#client.on("error", (error) => this.#end(error));
    this.#client.on("end", () => this.#end(new Error("the database closed the connection")));
    this.#client.on("notification", ({ processId, payload = "" }) => {
      if (processId !== this.#number) notified(payload);
    });
  }

  /** Rejects with the database's or the system's error, after `ms` at the latest. */
  static async open(parts: SessionParts, ms: number): Promise<Session> {
    const session = new Session(parts);
    try {
      await session.#within(ms, session.#client.connect());
      return session;
    } catch (error) {
      session[Symbol.dispose]();
      throw error;
    }
  }

  /** The rows of one statement; queries are made in the order of their calls. */
  query<Row extends object>(text: string, values: readonly unknown[], ms: number): Promise<Row[]> {
    return this.#inTurn(ms, () => this.#ask<Row>(text, values));
  }

  /** The rows of one statement in a transaction that `begin` begins, with no other query between them. */
  queryAfter<Row extends object>(
    begin: string,
    text: string,
    values: readonly unknown[],
    ms: number,
  ): Promise<Row[]> {
    return this.#inTurn(ms, async () => {
      try {
        await this.#ask(begin, []);
        const rows = await this.#ask<Row>(text, values);
        await this.#ask("commit", []);
        return rows;
      } catch (error) {
        await this.#ask("rollback", []).catch(() => {});
        throw error;
      }
    });
  }

  /** Ends it at once, without waiting for a database that may not answer. */
  [Symbol.dispose](): void {
    this.#over = true;
    // Its last words, where the socket takes them.
    if (this.#socket.writable) void this.#client.end().catch(() => {});
    this.#socket.destroySoon();
    this.#clock.after(100, () => this.#socket.destroy());
  }

  /** The number of the database's process for it, which its own notifications bear. */
  get #number(): number | undefined {
    return (this.#client as { processID?: number }).processID;
  }

  #inTurn<T>(ms: number, work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return this.#within(ms, done);
  }

  async #ask<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    if (this.#over) throw new Error("the connection to the database is lost");
    const { rows } = await this.#client.query<Row & pg.QueryResultRow>(text, [...values]);
    return rows;
  }

  #within<T>(ms: number, work: Promise<T>): Promise<T> {
    return inTime(this.#clock, ms, work, () => {
      const late = new Error(`the database did not answer within ${ms} ms`);
      this.#end(late);
      return late;
    });
  }

  #end(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroy();
    this.#lost(error);
  }
}

/** Whether the database itself answered with an error: then nothing of the statement is kept. */
export function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError;
}
