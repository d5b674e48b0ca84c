import type { Clock, Timer } from "../../core/clock.ts";
import type { Dice } from "../../core/dice.ts";
import { inSlices, type Steps } from "../../core/slices.ts";
import { Group, type Writer } from "../group.ts";
import { inTime } from "../in-time.ts";
import { Pulse } from "../pulse.ts";
import { StoreConflict, StoreDown, StoreRefused } from "../refusals.ts";
import { type Bound, clientsBound } from "../room.ts";
import type { ClientChange, Json, Keep, Kept, Store, StoreEvents, StoreStatus } from "../seam.ts";
import { type ClientRow, type Entered, enter } from "./entrance.ts";
import { News } from "./news.ts";
import { isAnswer, type Session } from "./session.ts";
import { ALL_CLIENTS, BEGIN_TURN, ENTER_NODE, SAVE, SAVE_TOKENS, SOME_CLIENTS } from "./statements.ts";

const MOST_CLIENTS = 100_000;
/** A call waits for the write under way and for its own: 2 s in all. */
const WRITE_MS = 1_000;
const LOOK_MS = 5_000;
const CLOSE_MS = 1_000;
const BEAT_EVERY_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** One change of a group; where none of it was kept, one client as another balancer has left it. */
interface SavedRow {
  readonly kept: boolean;
  readonly shelf: string;
  readonly key: string;
  readonly version: string | null;
  readonly value: string | null;
}

/** What a store in PostgreSQL is made with. */
export interface PostgresParts {
  readonly url: string;
  readonly node: string;
  readonly clock: Clock;
  readonly dice: Dice;
}

/**
 * A store in a PostgreSQL database, shared with other balancers. It has one connection, which holds the node, hears of changes
 * and makes all writes: what writes holds the node. What the database itself refuses fails alone. A database that is silent or
 * lost, or that takes no writes, ends the connection; the store is up again once another one has entered and looked at
 * everything.
 */
export class PostgresStore implements Store, Writer {
  readonly sharesClients = true;
  /** The version of each client that is known here. */
  readonly clients = new Map<string, string>();
  readonly #parts: PostgresParts;
  readonly #group = new Group(this);
  readonly #news = new News((keys) => this.#read(keys));
  #events: StoreEvents | undefined;
  #pulse: Pulse;
  #session: Session | undefined;
  #timer: Timer | undefined;
  #tokens: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #backendsTold = false;
  #closed = false;

  constructor(parts: PostgresParts) {
    this.#parts = parts;
    this.#pulse = new Pulse(parts.clock, () => {});
  }

  get status(): StoreStatus {
    return this.#pulse.status;
  }

  get bounds(): readonly Bound[] {
    return [clientsBound(this.clients, MOST_CLIENTS)];
  }

  async open(events: StoreEvents): Promise<Kept | undefined> {
    this.#events = events;
    this.#pulse = new Pulse(this.#parts.clock, (status) => events.status(status));
    try {
      const entered = await this.#enter();
      this.#backendsTold = true;
      const clients = new Map(
        this.#differences(entered.clients).map(({ key, value }) => [key, value as Json]),
      );
      this.#hold(entered.session);
      return { ...entered, clients };
    } catch (error) {
      if (error instanceof StoreRefused) throw error;
      this.#failed(error);
      return undefined;
    }
  }

  save(changes: readonly Keep[]): Promise<void> {
    return this.#isTaking ? this.#group.save(changes) : Promise.reject(this.#down());
  }

  async write(changes: readonly Keep[]): Promise<void> {
    const columns = [
      changes.map(({ shelf }) => shelf),
      changes.map(({ key }) => key),
      changes.map(({ value }) => (value === null ? null : JSON.stringify(value))),
      changes.map(({ shelf, key }) => (shelf === "clients" ? this.clients.get(key) : undefined)),
    ];
    const rows = await this.#ask((session) =>
      session.queryAfter<SavedRow>(BEGIN_TURN, SAVE, [this.#parts.node, ...columns], WRITE_MS),
    );
    const others = rows.filter(({ kept }) => !kept);
    if (others.length > 0) throw this.#conflict(others);
    for (const { shelf, key, version } of rows) {
      if (shelf !== "clients") continue;
      if (version === null) this.clients.delete(key);
      else this.clients.set(key, version);
    }
  }

  /** Tells what others have changed before what was written without knowing of it. */
  #conflict(others: readonly SavedRow[]): StoreConflict {
    const keys = others.map(({ key }) => key);
    const there = others.filter(({ version }) => version !== null);
    this.#tell(this.#differences(there as ClientRow[], keys));
    return new StoreConflict(keys);
  }

  async saveTokens(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void> {
    if (!this.#isTaking) throw this.#down();
    const saving = this.#writeTokens(tokens, atMs);
    this.#tokens = saving.catch(() => {});
    try {
      await saving;
      this.#pulse.up("tokens");
    } catch (error) {
      if (this.#session !== undefined) this.#pulse.down("tokens", (error as Error).message);
      throw error;
    }
  }

  async #writeTokens(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void> {
    const text = await inSlices(this.#parts.clock, objectText(tokens));
    await this.#ask((session) => session.query(SAVE_TOKENS, [this.#parts.node, text, atMs], WRITE_MS));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const written = Promise.all([this.#group.idle(), this.#tokens]);
    await inTime(this.#parts.clock, CLOSE_MS, written, () => new Error("late")).catch(() => {});
    this.#timer?.[Symbol.dispose]();
    this.#session?.[Symbol.dispose]();
    this.#session = undefined;
  }

  get #isTaking(): boolean {
    return this.#session !== undefined && !this.#closed;
  }

  /** One statement of this node. A refusal leaves open whether others would be taken: that is looked at at once. */
  async #ask<Row extends object>(asking: (session: Session) => Promise<Row[]>): Promise<Row[]> {
    const session = this.#session;
    if (session === undefined) throw this.#down();
    try {
      return await asking(session);
    } catch (error) {
      const answered = isAnswer(error);
      if (answered) this.#beat();
      else this.#lose(session, error);
      throw new StoreDown(said(error), this.#pauseMs(), !answered);
    }
  }

  #enter(): Promise<Entered> {
    const { url, node, clock } = this.#parts;
    let entered: Session | undefined;
    const name = `lb ${node}`.slice(0, 40);
    const parts = {
      url,
      name,
      clock,
      notified: (key: string) => this.#news.heard(key),
      lost: (error: Error) => entered && this.#lose(entered, error),
    };
    return enter(node, parts).then((all) => {
      entered = all.session;
      return all;
    });
  }

  #hold(session: Session): void {
    this.#session = session;
    this.#failures = 0;
    this.#news.begin();
    this.#pulse.up("settings");
    this.#beatLater();
  }

  /** A database that is lost, or takes no writes any more, while nothing is asked of it is noticed all the same. */
  #beat(): void {
    const session = this.#session;
    session?.query(ENTER_NODE, [this.#parts.node], WRITE_MS).then(
      () => session === this.#session && this.#beatLater(),
      (error) => this.#lose(session, error),
    );
  }

  #beatLater(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#parts.clock.after(BEAT_EVERY_MS, () => this.#beat());
  }

  #lose(session: Session, error: unknown): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#news.end();
    this.#timer?.[Symbol.dispose]();
    session[Symbol.dispose]();
    this.#failed(error);
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    this.#pulse.down("settings", said(error));
    const pauseMs = this.#pauseMs();
    this.#failures += 1;
    this.#timer = this.#parts.clock.after(pauseMs, () => void this.#again());
  }

  async #again(): Promise<void> {
    try {
      const entered = await this.#enter();
      if (this.#closed) return entered.session[Symbol.dispose]();
      this.#tell(this.#differences(entered.clients));
      if (!this.#backendsTold) this.#events?.backends(entered.backends);
      this.#backendsTold = true;
      this.#hold(entered.session);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Twice as long each time, and not the same for two balancers. */
  #pauseMs(): number {
    const longestMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    return Math.round(longestMs * (0.5 + this.#parts.dice() / 2));
  }

  #down(): StoreDown {
    return new StoreDown(this.#pulse.reasonOf("settings") ?? "the balancer is stopping", LONGEST_PAUSE_MS);
  }

  /** Reads clients that others changed: these, or all. */
  async #read(keys: ReadonlySet<string> | undefined): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    try {
      const some = keys !== undefined;
      const rows = await session.query<ClientRow>(
        some ? SOME_CLIENTS : ALL_CLIENTS,
        some ? [[...keys]] : [],
        some ? WRITE_MS : LOOK_MS,
      );
      this.#tell(this.#differences(rows, keys));
    } catch (error) {
      this.#lose(session, error);
    }
  }

  #tell(changes: readonly ClientChange[]): void {
    if (changes.length === 0) return;
    this.#group.overtaken(new StoreConflict(changes.map(({ key }) => key)));
    this.#events?.changed(changes);
  }

  /** What the rows of some keys, or of all, say that is not known here yet; after this it is. */
  #differences(
    rows: readonly ClientRow[],
    keys: Iterable<string> = [...this.clients.keys()],
  ): ClientChange[] {
    const gone = new Set(keys);
    const changes: ClientChange[] = [];
    for (const { key, version, value } of rows) {
      gone.delete(key);
      if (this.clients.get(key) === version) continue;
      this.clients.set(key, version);
      changes.push({ key, value: JSON.parse(value) as Json });
    }
    for (const key of gone) if (this.clients.delete(key)) changes.push({ key, value: null });
    return changes;
  }
}

function* objectText(tokens: ReadonlyMap<string, number>): Steps<string> {
  const members: string[] = [];
  for (const [id, left] of tokens) yield members.push(`${JSON.stringify(id)}:${left}`);
  return `{${members.join(",")}}`;
}

/** One line of what failed. */
function said(error: unknown): string {
  const { errors, message } = error as AggregateError;
  // Of a host with several addresses each has failed.
  const text = message || (errors?.[0] as Error | undefined)?.message || String(error);
  return text.split("\n", 1)[0] as string;
}
