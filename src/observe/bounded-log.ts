import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";

const MOST_WAITING_BYTES = 1024 * 1024;
const LONGEST_GOODBYE_MS = 1_000;
const TRY_AGAIN_MS = 1_000;
/** What tells that a pipe or a socket has no other end any more. */
const READER_GONE: readonly unknown[] = ["EPIPE", "ECONNRESET"];

/**
 * Where log lines go: a reader that stops reading stops nothing and holds at most 1 MiB of ours. Lines above that are
 * dropped and counted, and `onBack` is told how many once the reader reads again; so are lines that cannot be written, as on
 * a full disk, which is tried again each second. A reader that is gone is written nothing more.
 */
export class BoundedLog {
  /** Set by the writer: it gets the number of lines that were lost. */
  onBack: (dropped: number) => void = () => {};
  /** Set by the writer: called when lines cannot be written from now on, until `onBack`. */
  onFull: (error: Error) => void = () => {};
  /** Set by the writer: called once, when the reader is gone. */
  onGone: () => void = () => {};
  readonly #out: Writable;
  readonly #clock: Clock;
  #dropped = 0;
  /** Lines that were lost before those, and since the reader is gone. */
  #lost = 0;
  #gone = false;
  #full = false;
  #toldFull = false;

  constructor(out: Writable, clock: Clock) {
    this.#out = out;
    this.#clock = clock;
    out.on("error", (error) => this.#failed(error));
    out.on("drain", () => this.#back());
  }

  /** Lines that were lost so far. */
  get lost(): number {
    return this.#lost + this.#dropped;
  }

  write(line: string): void {
    if (this.#gone) {
      this.#lost += 1;
      return;
    }
    if (this.#full || this.#out.writableLength + line.length > MOST_WAITING_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#out.write(line);
    if (!this.#full) this.#toldFull = false;
  }

  /** Hands over what is written meanwhile in one piece, which costs a pipe one system call instead of one for each line. */
  together(write: () => void): void {
    this.#out.cork();
    try {
      write();
    } finally {
      this.#out.uncork();
    }
  }

  /** Resolves when the last line was taken, or after 1 s: a log must not keep its process from ending. */
  async close(): Promise<void> {
    if (this.#gone || this.#out.writableLength === 0) return;
    const written = new Promise<void>((resolve) => this.#out.write("", () => resolve()));
    await Promise.race([written, delay(LONGEST_GOODBYE_MS, undefined, { ref: false })]);
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (this.#gone) return;
    if (READER_GONE.includes(error.code)) {
      this.#gone = true;
      this.onGone();
      return;
    }
    this.#dropped += 1;
    if (!this.#full) this.#clock.after(TRY_AGAIN_MS, () => this.#again());
    this.#full = true;
    if (!this.#toldFull) this.onFull(error);
    this.#toldFull = true;
  }

  /** The line that tells how many were lost is the trial. */
  #again(): void {
    const [dropped, lost] = [this.#dropped, this.#lost];
    this.#full = false;
    this.#back();
    if (this.#full) [this.#dropped, this.#lost] = [dropped, lost];
  }

  #back(): void {
    if (this.#full) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#lost += dropped;
    if (dropped > 0) this.onBack(dropped);
  }
}
