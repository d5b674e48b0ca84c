import type { FileHandle } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import { Deferred } from "../../core/deferred.ts";
import { inSlices } from "../../core/slices.ts";
import { Group, type Writer } from "../group.ts";
import { inTime } from "../in-time.ts";
import { Pulse } from "../pulse.ts";
import { type StoreDown, StoreRefused } from "../refusals.ts";
import { type Bound, clientsBound } from "../room.ts";
import type { Keep, Kept, Store, StoreEvents, StoreStatus } from "../seam.ts";
import { lock } from "./lock.ts";
import { readText, textOf } from "./text.ts";
import { bytesAfter, Texts } from "./texts.ts";
import { TokensFile } from "./tokens-file.ts";
import { behindLinks, MOST_BYTES, readWhole, writeWhole } from "./whole-file.ts";
import { down, late, refused, unwritten } from "./wrong.ts";

const MOST_CLIENTS = 10_000;
/** What the file has beside its entries. */
const HEAD_BYTES = 1_024;
/** A call waits for the write under way and for its own: 2 s in all. */
const WRITE_MS = 1_000;
const CLOSE_MS = 1_000;
const AGAIN_MS = 1_000;

const FORMAT = { schema: "lb-store/1", shelves: ["clients", "backends"] } as const;
const NOTHING = { clients: new Map(), backends: new Map() };

/** A store in a JSON file, with the tokens in a second one beside it (`.tokens`). One process may use it at a time. */
export class FileStore implements Store, Writer {
  readonly sharesClients = false;
  readonly #clock: Clock;
  readonly #group = new Group(this);
  readonly #closing = new Deferred<void>();
  #path: string;
  #texts = Texts.of(NOTHING);
  #tokens: TokensFile;
  #lock: FileHandle | undefined;
  #pulse: Pulse;
  #closed = false;
  /** While what is in the file may not be what it should be. */
  #mending: Promise<void> | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#tokens = new TokensFile(`${path}.tokens`, clock);
    this.#pulse = new Pulse(clock, () => {});
  }

  get status(): StoreStatus {
    return this.#pulse.status;
  }

  /** What could not be read again is not written. */
  get bounds(): readonly Bound[] {
    const texts = this.#texts;
    return [
      clientsBound(texts.shelves.clients, MOST_CLIENTS),
      {
        most: MOST_BYTES - HEAD_BYTES,
        now: texts.bytes,
        of: (shelf, key) => texts.bytesOf(shelf, key),
        after: bytesAfter,
        full: `the store takes ${MOST_BYTES / 2 ** 20} MiB at most`,
      },
    ];
  }

  async open(events: StoreEvents): Promise<Kept> {
    this.#pulse = new Pulse(this.#clock, (status) => events.status(status));
    const given = this.#path;
    try {
      this.#path = await behindLinks(given);
      this.#tokens = new TokensFile(`${this.#path}.tokens`, this.#clock);
      this.#lock = await lock(this.#path);
      return await this.#read();
    } catch (error) {
      await this.#lock?.close();
      throw error instanceof StoreRefused ? error : refused(given, error);
    }
  }

  async #read(): Promise<Kept> {
    const text = await readWhole(this.#path);
    const tokens = await this.#tokens.read();
    const { clients = NOTHING.clients, backends = NOTHING.backends } =
      text === undefined ? NOTHING : readText(this.#path, text, FORMAT).shelves;
    this.#texts = Texts.of({ clients, backends });
    const bytes = this.#texts.bytes + HEAD_BYTES;
    if (bytes > MOST_BYTES)
      throw new StoreRefused(`${this.#path} would have ${bytes} bytes, expected ${MOST_BYTES} at most`);
    // What cannot be written is told at the start and not at the first word.
    if (text === undefined) await this.#write(this.#texts);
    return { clients, backends, ...tokens };
  }

  save(changes: readonly Keep[]): Promise<void> {
    const refusal = this.#refusal();
    return refusal === undefined ? this.#group.save(changes) : Promise.reject(refusal);
  }

  async write(changes: readonly Keep[]): Promise<void> {
    if (this.#mending !== undefined) throw this.#down();
    const next = this.#texts.with(changes);
    await this.#attempt(this.#write(next));
    this.#texts = next;
  }

  async #write({ shelves }: Texts): Promise<void> {
    await writeWhole(this.#path, await inSlices(this.#clock, textOf(FORMAT.schema, shelves)));
  }

  /** Waits for a write as long as a call may wait. One that failed or takes longer must not last: its callers are told no. */
  async #attempt(writing: Promise<void>): Promise<void> {
    try {
      await inTime(this.#clock, WRITE_MS, writing, () => late(this.#path, WRITE_MS));
    } catch (error) {
      const told = unwritten(this.#path, error);
      this.#mending = this.#mend(writing);
      this.#pulse.down("settings", told.message);
      throw told;
    }
  }

  /**
   * Writes what was kept before, until it can be written; then the store is up. A stop ends it after one more attempt, and what
   * has no lock any more is another process's.
   */
  async #mend(writing: Promise<void>): Promise<void> {
    await writing.catch(() => {});
    while (this.#lock !== undefined && !(await this.#mended()) && !this.#closed) await this.#pause();
    this.#mending = undefined;
    if (!this.#closed) this.#pulse.up("settings");
  }

  async #mended(): Promise<boolean> {
    try {
      await this.#write(this.#texts);
      return true;
    } catch (error) {
      this.#pulse.down("settings", unwritten(this.#path, error).message);
      return false;
    }
  }

  async #pause(): Promise<void> {
    const over = new Deferred<void>();
    using _timer = this.#clock.after(AGAIN_MS, () => over.resolve());
    await Promise.race([over.promise, this.#closing.promise]);
  }

  async saveTokens(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    try {
      await this.#tokens.save(tokens, atMs);
      this.#pulse.up("tokens");
    } catch (error) {
      if (!this.#closed) this.#pulse.down("tokens", (error as Error).message);
      throw error;
    }
  }

  #refusal(): StoreDown | undefined {
    if (this.#closed) return down("the balancer is stopping");
    return this.#mending === undefined ? undefined : this.#down();
  }

  #down(): StoreDown {
    return down(this.#pulse.reasonOf("settings") ?? "the store is down");
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.resolve();
    const written = Promise.all([this.#group.idle(), this.#tokens.idle(), this.#mending]);
    await inTime(this.#clock, CLOSE_MS, written, () => new Error("late")).catch(() => {});
    await this.#lock?.close();
    this.#lock = undefined;
  }
}
