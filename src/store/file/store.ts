import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { inSlices } from "../../core/slices.ts";
import { systemErrors } from "../../core/system-errors.ts";
import { Group, type Writer } from "../group.ts";
import { inTime } from "../in-time.ts";
import { Pulse } from "../pulse.ts";
import { StoreDown, StoreRefused } from "../refusals.ts";
import type { Keep, Kept, Shelf, Store, StoreEvents, StoreStatus } from "../seam.ts";
import { lock } from "./lock.ts";
import { readText, textOf } from "./text.ts";
import { behindLinks, readWhole, writeWhole } from "./whole-file.ts";

const MOST_CLIENTS = 10_000;
/** A call waits for the write under way and for its own: 2 s in all. */
const WRITE_MS = 1_000;
const CLOSE_MS = 1_000;
const RETRY_AFTER_MS = 1_000;
/** One under way, and the one that waits for it. */
const MOST_TOKEN_SAVES = 2;

const SETTINGS = { schema: "lb-store/1", shelves: ["clients", "backends"] } as const;
const TOKENS = { schema: "lb-tokens/1", shelves: ["tokens"] } as const;

/** The values of each shelf, as JSON texts. */
type Texts = Readonly<Record<Shelf, ReadonlyMap<string, string>>>;

/** A store in a JSON file, with the tokens in a second one beside it (`.tokens`). One process may use it at a time. */
export class FileStore implements Store, Writer {
  readonly mostClients = MOST_CLIENTS;
  #texts: Texts = { clients: new Map(), backends: new Map() };
  #path: string;
  #lock: FileHandle | undefined;
  #pulse: Pulse;
  #closed = false;
  /** While what is in the file may not be what it should be. */
  #mending: Promise<void> | undefined;
  #tokens: Promise<void> = Promise.resolve();
  #tokenSaves = 0;
  readonly #group = new Group(this);

  constructor(
    path: string,
    readonly clock: Clock,
  ) {
    this.#path = path;
    this.#pulse = new Pulse(clock, () => {});
  }

  get status(): StoreStatus {
    return this.#pulse.status;
  }

  get clients(): ReadonlyMap<string, string> {
    return this.#texts.clients;
  }

  async open(events: StoreEvents): Promise<Kept> {
    this.#pulse = new Pulse(this.clock, (status) => events.status(status));
    const given = this.#path;
    try {
      this.#path = await behindLinks(given);
      this.#lock = await lock(this.#path);
      return await this.#read();
    } catch (error) {
      await this.#lock?.close();
      throw error instanceof StoreRefused ? error : refused(given, error);
    }
  }

  async #read(): Promise<Kept> {
    const settings = await readWhole(this.#path);
    const tokens = await readWhole(`${this.#path}.tokens`);
    const { clients = new Map(), backends = new Map() } =
      settings === undefined ? {} : readText(this.#path, settings, SETTINGS).shelves;
    this.#texts = { clients: textsOf(clients), backends: textsOf(backends) };
    // What cannot be written is told at the start and not at the first word.
    if (settings === undefined) await this.#write(this.#texts);
    return { clients, backends, ...readTokens(`${this.#path}.tokens`, tokens) };
  }

  save(changes: readonly Keep[]): Promise<void> {
    const refusal = this.#refusal();
    return refusal === undefined ? this.#group.save(changes) : Promise.reject(refusal);
  }

  async write(changes: readonly Keep[]): Promise<void> {
    if (this.#mending !== undefined) throw this.#down();
    const next = { clients: new Map(this.#texts.clients), backends: new Map(this.#texts.backends) };
    for (const { shelf, key, value } of changes) {
      if (value === null) next[shelf].delete(key);
      else next[shelf].set(key, JSON.stringify(value));
    }
    await this.#attempt(this.#write(next));
    this.#texts = next;
  }

  async #write(texts: Texts): Promise<void> {
    await writeWhole(this.#path, await inSlices(this.clock, textOf(SETTINGS.schema, texts)));
  }

  /** Waits for a write as long as a call may wait. One that failed or takes longer must not last: its callers are told no. */
  async #attempt(writing: Promise<void>): Promise<void> {
    try {
      await inTime(this.clock, WRITE_MS, writing, () => this.#late());
    } catch (error) {
      const told =
        error instanceof StoreDown ? error : new StoreDown(sentence(this.#path, error), RETRY_AFTER_MS);
      this.#mending = this.#mend(writing);
      this.#pulse.down(told.message);
      throw told;
    }
  }

  #late(): StoreDown {
    return new StoreDown(`${this.#path} could not be written within ${WRITE_MS} ms`, RETRY_AFTER_MS, true);
  }

  /** Writes what was kept before, until it can be written; then the store is up. */
  async #mend(writing: Promise<void>): Promise<void> {
    await writing.catch(() => {});
    while (!this.#closed && !(await this.#mended())) await this.#pause();
    this.#mending = undefined;
    if (!this.#closed) this.#pulse.up();
  }

  async #mended(): Promise<boolean> {
    try {
      await this.#write(this.#texts);
      return true;
    } catch (error) {
      this.#pulse.down(sentence(this.#path, error));
      return false;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(RETRY_AFTER_MS, resolve));
  }

  saveTokens(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (this.#tokenSaves >= MOST_TOKEN_SAVES) return Promise.reject(this.#late());
    this.#tokenSaves += 1;
    const saving = this.#tokens.then(() => this.#writeTokens(tokens, atMs)).finally(() => this.#tokenSaves--);
    this.#tokens = saving.catch(() => {});
    return inTime(this.clock, WRITE_MS, saving, () => this.#late());
  }

  async #writeTokens(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void> {
    const path = `${this.#path}.tokens`;
    try {
      const texts = { tokens: mapped(tokens, String) };
      await writeWhole(path, await inSlices(this.clock, textOf(TOKENS.schema, texts, { atMs })));
    } catch (error) {
      throw new StoreDown(sentence(path, error), RETRY_AFTER_MS);
    }
  }

  #refusal(): StoreDown | undefined {
    if (this.#closed) return new StoreDown("the balancer is stopping", RETRY_AFTER_MS);
    return this.#mending === undefined ? undefined : this.#down();
  }

  #down(): StoreDown {
    return new StoreDown(this.status.reason ?? "the store is down", RETRY_AFTER_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const written = Promise.all([this.#group.idle(), this.#tokens, this.#mending]);
    await inTime(this.clock, CLOSE_MS, written, () => new Error("late")).catch(() => {});
    await this.#lock?.close();
    this.#lock = undefined;
  }
}

function readTokens(path: string, text: string | undefined): Pick<Kept, "tokens" | "tokensAtMs"> {
  if (text === undefined) return { tokens: new Map(), tokensAtMs: undefined };
  const { head, shelves } = readText(path, text, TOKENS);
  const tokens = new Map<string, number>();
  for (const [id, left] of shelves.tokens ?? []) {
    if (typeof left !== "number")
      throw new StoreRefused(`${path} is damaged: tokens: ${id}: expected a number`);
    tokens.set(id, left);
  }
  if (typeof head.atMs !== "number") throw new StoreRefused(`${path} is damaged: atMs: expected a number`);
  return { tokens, tokensAtMs: head.atMs };
}

function textsOf(shelf: ReadonlyMap<string, unknown>): Map<string, string> {
  return mapped(shelf, (value) => JSON.stringify(value));
}

function mapped<T>(map: ReadonlyMap<string, T>, text: (value: T) => string): Map<string, string> {
  return new Map(Array.from(map, ([key, value]) => [key, text(value)]));
}

function refused(path: string, error: unknown): StoreRefused {
  const { code } = error as NodeJS.ErrnoException;
  return new StoreRefused(
    code === "ENOENT" ? `${dirname(path)}, the folder of the store, does not exist` : sentence(path, error),
  );
}

/** What the system says of a path, as a sentence. */
function sentence(path: string, error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  const subject = systemErrors[code]?.subject;
  return subject === undefined ? `${path} cannot be used: ${message}` : `${path} ${subject}`;
}
