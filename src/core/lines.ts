/** A peer sent more than the allowed bytes without a line end. */
export class LineTooLong extends Error {
  constructor(readonly maxBytes: number) {
    super(`expected lines of at most ${maxBytes} bytes`);
  }
}

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
/** The longest line of the line protocol in bytes, without its line end. */
export const LONGEST_LINE = 64 * 1024;

/**
 * Cuts a byte stream into lines without their `\n`, holding at most one unfinished line of `maxBytes`. A chunk may end
 * anywhere, also inside a character. With "latin1" each byte becomes one character, and writing the line as latin1
 * gives the very bytes back, whatever they are.
 */
export class LineSplitter {
  #unfinished = NOTHING;
  #held = 0;

  constructor(
    readonly maxBytes: number = LONGEST_LINE,
    readonly encoding: "utf8" | "latin1" = "utf8",
  ) {}

  /** Bytes of the line that has not ended yet. */
  get held(): number {
    return this.#held;
  }

  /**
   * The lines that `chunk` completes, one at a time; all of them are to be taken before the next push. Throws
   * LineTooLong, after which the splitter is of no more use.
   */
  *push(chunk: Buffer): Generator<string, void> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield this.#complete(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  #complete(last: Buffer): string {
    if (this.#held === 0 && last.length <= this.maxBytes) return last.toString(this.encoding);
    this.#hold(last);
    const line = this.#unfinished.toString(this.encoding, 0, this.#held);
    this.#unfinished = NOTHING;
    this.#held = 0;
    return line;
  }

  /** Copies, because a view would keep the whole chunk alive; doubles, because a peer may send byte by byte. */
  #hold(part: Buffer): void {
    const needed = this.#held + part.length;
    if (needed > this.maxBytes) throw new LineTooLong(this.maxBytes);
    if (needed > this.#unfinished.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(this.maxBytes, Math.max(needed, 2 * this.#unfinished.length)),
      );
      this.#unfinished.copy(larger, 0, 0, this.#held);
      this.#unfinished = larger;
    }
    part.copy(this.#unfinished, this.#held);
    this.#held = needed;
  }
}
