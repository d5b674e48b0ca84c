import type { ServerResponse } from "node:http";
import type { PressedClient } from "../../contract/clients.ts";
import type { Status } from "../../control/status.ts";
import type { Clock } from "../../core/clock.ts";
import { inSlices } from "../../core/slices.ts";
import type { Log } from "../../observe/log.ts";
import { Problem } from "../problem.ts";
import { changes } from "./changes.ts";
import type { Moment, Moments } from "./moments.ts";
import type { News, Piece } from "./news.ts";
import { type Permit, Reader } from "./reader.ts";

const EVERY_MS = 1_000;
const MOST_READERS = 32;
/** Clients are looked at once in so many seconds: there may be a hundred thousand. */
const CLIENTS_EVERY = 5;

/** Where events come from. */
export interface EventsParts {
  readonly clock: Clock;
  readonly log: Pick<Log, "logger">;
  readonly moments: Pick<Moments, "after">;
  readonly news: Pick<News, "after">;
  status(): Promise<Status>;
  /** What is wrong, a sentence each. */
  reasons(status: Status): readonly string[];
  pressedClients(): Promise<readonly PressedClient[]>;
}

/** One look, which all readers are told of. */
interface Look {
  /** When it was taken: one that joins later is told of it all the same, and counts from then on. */
  readonly at: string;
  readonly status: Status;
  readonly health: { readonly status: "ok" | "degraded"; readonly reasons: readonly string[] };
  readonly clients: readonly PressedClient[];
  readonly moment: Moment | undefined;
  readonly piece: Piece | undefined;
}

/**
 * The status as server-sent events: to a new reader all of it and the last five minutes, then once a second what changed. One look
 * serves all readers, and there is none while there are no readers.
 */
export class Events {
  readonly #parts: EventsParts;
  /** All that have joined. */
  readonly #joined = new Set<Reader>();
  /** Those of them that have been told what there is to begin with. */
  readonly #readers = new Set<Reader>();
  #last: Look | undefined;
  #welcome: Buffer | undefined;
  #looks = 0;
  #runs = false;
  /** Looks and welcomes come one after another, so that a new reader misses no change. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: EventsParts) {
    this.#parts = parts;
  }

  /** Throws where there is no room for one more reader. */
  admit(): void {
    if (this.#joined.size >= MOST_READERS)
      throw new Problem("too-many", `expected at most ${MOST_READERS} readers of events at once`);
  }

  /** Takes over a response, until its reader leaves, lags by more than 1 MiB, or may not stay any more. */
  join(response: ServerResponse, permit: Permit): void {
    const reader: Reader = new Reader(response, permit, () => {
      this.#joined.delete(reader);
      this.#readers.delete(reader);
    });
    this.#joined.add(reader);
    this.#inTurn(async () => {
      if (this.#last === undefined) await this.#look();
      this.#welcome ??= await this.#message(undefined);
      if (!this.#joined.has(reader)) return;
      reader.welcome(this.#welcome);
      this.#readers.add(reader);
      this.#run();
    });
  }

  close(): void {
    for (const reader of this.#joined) reader.close();
  }

  #run(): void {
    if (this.#runs) return;
    this.#runs = true;
    this.#parts.clock.after(EVERY_MS, () => this.#inTurn(() => this.#tell()));
  }

  async #tell(): Promise<void> {
    this.#runs = false;
    if (this.#joined.size === 0) {
      this.#last = undefined;
      this.#welcome = undefined;
      return;
    }
    const before = this.#last;
    await this.#look();
    const message = await this.#message(before);
    for (const reader of this.#readers) reader.tell(message);
    this.#run();
  }

  async #look(): Promise<void> {
    const { clock, moments, news, status: statusNow, reasons, pressedClients } = this.#parts;
    const status = await statusNow();
    const at = new Date(clock.wallMs()).toISOString();
    const [moment, piece] = [moments.after(undefined).at(-1), news.after(undefined).at(-1)];
    const due = this.#last === undefined || this.#looks++ % CLIENTS_EVERY === 0;
    const clients = due ? await pressedClients() : (this.#last?.clients ?? []);
    const wrong = reasons(status);
    const health = { status: wrong.length === 0 ? ("ok" as const) : ("degraded" as const), reasons: wrong };
    this.#last = { at, status, health, clients, moment, piece };
    this.#welcome = undefined;
  }

  /** What was found in the last look and not in the one before it. */
  async #message(before: Look | undefined): Promise<Buffer> {
    const { clock, moments, news } = this.#parts;
    const { at, status, health, clients, moment, piece } = this.#last as Look;
    const told = {
      at,
      health,
      clients,
      moments: upTo(moments.after(before?.moment), moment),
      news: upTo(news.after(before?.piece), piece),
    };
    const changed = await inSlices(clock, changes(before?.status, status));
    return Buffer.from(`data: ${JSON.stringify(told).slice(0, -1)},${changed}}\n\n`);
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error: unknown) => {
      this.#parts.log.logger.error({ err: error }, "the status could not be told");
      this.close();
      this.#last = undefined;
      this.#runs = false;
    });
  }
}

/** What came after the look is for the next one. */
function upTo<T>(items: readonly T[], last: T | undefined): readonly T[] {
  return last === undefined ? [] : items.slice(0, items.lastIndexOf(last) + 1);
}
