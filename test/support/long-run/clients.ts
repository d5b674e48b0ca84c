import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { SocketAddress } from "#lb/core/address";
import { type Dice, seededDice } from "#lb/core/dice";
import { Reading } from "../soak/reading.ts";

const STREAM_BYTES = 1024 * 1024;
const LONGEST_BYTES = 64 * 1024;
/** Beyond so many open ones the next waits, however late it is. */
const MOST_OPEN = 1_000;
const PATIENCE_MS = 60_000;
const TOLD = 20;

/** What became of all clients. */
export interface Came {
  /** How many were due by the pace, and how many of them came before the time was over. */
  readonly due: number;
  readonly made: number;
  /** The first of those that did not get back what they sent, in words. */
  readonly failed: readonly string[];
}

/** Clients that come at a pace, each with a message that it wants back byte by byte. */
export class PacedClients {
  #made = 0;
  #open = 0;
  readonly #failed: string[] = [];
  readonly #stream: Buffer;
  readonly #dice: Dice;

  constructor(
    readonly to: SocketAddress,
    readonly perSec: number,
    seed: number,
  ) {
    this.#dice = seededDice(seed);
    this.#stream = Buffer.from(Uint8Array.from({ length: STREAM_BYTES }, () => this.#dice() * 256));
  }

  /** Lets them come for so long; resolves when the last has left. A machine that is too slow for the pace gets fewer. */
  async come(lastsMs: number): Promise<Came> {
    const began = performance.now();
    for (let elapsed = 0; elapsed < lastsMs; elapsed = performance.now() - began) {
      const due = Math.floor((elapsed / 1_000) * this.perSec);
      while (this.#made < due && this.#open < MOST_OPEN) void this.#one();
      await delay(1);
    }
    while (this.#open > 0) await delay(1);
    return { due: Math.floor((lastsMs / 1_000) * this.perSec), made: this.#made, failed: this.#failed };
  }

  async #one(): Promise<void> {
    const nth = ++this.#made;
    this.#open += 1;
    const wrong = await echoed(this.to, this.#message());
    this.#open -= 1;
    if (wrong !== undefined && this.#failed.length < TOLD) this.#failed.push(`client ${nth}: ${wrong}`);
  }

  /** Short ones are common, long ones happen. */
  #message(): Buffer {
    const bytes = 1 + Math.floor(this.#dice() ** 12 * (LONGEST_BYTES - 1));
    const start = Math.floor(this.#dice() * (STREAM_BYTES - bytes));
    return this.#stream.subarray(start, start + bytes);
  }
}

/** Sends a message, and leaves when it is back; what was wrong, if anything. */
function echoed({ host, port }: SocketAddress, message: Buffer): Promise<string | undefined> {
  const reading = new Reading(message);
  const socket = connect({ host, port, noDelay: true });
  let wrong: string | undefined;
  return new Promise((resolve) => {
    socket.on("connect", () => socket.write(message));
    socket.on("data", (chunk) => {
      reading.take(chunk);
      if (reading.length >= message.length) socket.end();
    });
    socket.on("error", (error) => {
      wrong = error.message;
    });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error("silence")));
    socket.on("close", () => {
      const { length, wrongAt } = reading;
      if (!reading.whole) wrong ??= `${length} bytes of ${message.length} came back, wrong at ${wrongAt}`;
      resolve(wrong);
    });
  });
}
