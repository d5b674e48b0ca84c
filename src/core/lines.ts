/** A peer sent more than the allowed bytes without a line end. */
export class LineTooLong extends Error {
  constructor(readonly maxBytes: number) {
    super(`expected lines of at most ${maxBytes} bytes`);
  }
}

const NEWLINE = 0x0a;
/** The longest line of the line protocol, without its line end. */
export const LONGEST_LINE = 64 * 1024;

/**
 * Cuts a byte stream into UTF-8 lines, without their `\n`, holding at most one unfinished line of `maxBytes`.
 * A chunk may end anywhere, also inside a character.
 */
export class LineSplitter {
  #parts: Uint8Array[] = [];
  #held = 0;

  constructor(readonly maxBytes: number = LONGEST_LINE) {}

  /** Bytes of the line that has not ended yet. */
  get held(): number {
    return this.#held;
  }

  /** The lines that `chunk` completes, one at a time; throws LineTooLong, after which the splitter is of no more use. */
  *push(chunk: Buffer): Generator<string, void> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield this.#complete(chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  #complete(last: Buffer): string {
    if (this.#held + last.length > this.maxBytes) throw new LineTooLong(this.maxBytes);
    if (this.#held === 0) return last.toString("utf8");
    const line = Buffer.concat([...this.#parts, last]).toString("utf8");
    this.#parts = [];
    this.#held = 0;
    return line;
  }

  #hold(part: Buffer): void {
    this.#held += part.length;
    if (this.#held > this.maxBytes) throw new LineTooLong(this.maxBytes);
    // A copy: a view would keep the whole chunk alive for the sake of a few bytes.
    this.#parts.push(Buffer.from(part));
  }
}
