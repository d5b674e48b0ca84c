import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

const MOST_WAITING_BYTES = 1024 * 1024;
const LONGEST_GOODBYE_MS = 1_000;

/**
 * Where log lines go: a reader that stops reading stops nothing and holds at most 1 MiB of ours. Lines above that are
 * dropped and counted, and `onBack` is told how many once the reader reads again; a reader that is gone is written
 * nothing more.
 */
export class BoundedLog {
  /** Set by whoever writes: it gets the number of lines that were lost. */
  onBack: (dropped: number) => void = () => {};
  /** Set by whoever writes: called once, when the reader is gone. */
  onGone: () => void = () => {};
  readonly #out: Writable;
  #dropped = 0;
  #gone = false;

  constructor(out: Writable) {
    this.#out = out;
    out.on("error", () => this.#leave());
    out.on("drain", () => this.#back());
  }

  write(line: string): void {
    if (this.#gone) return;
    if (this.#out.writableLength + line.length > MOST_WAITING_BYTES) this.#dropped += 1;
    else this.#out.write(line);
  }

  /** Resolves when the last line was taken, or after 1 s: a log must not keep its process from ending. */
  async close(): Promise<void> {
    if (this.#gone || this.#out.writableLength === 0) return;
    const written = new Promise<void>((resolve) => this.#out.write("", () => resolve()));
    await Promise.race([written, delay(LONGEST_GOODBYE_MS, undefined, { ref: false })]);
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.onGone();
  }

  #back(): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    if (dropped > 0) this.onBack(dropped);
  }
}
