import type { Connection } from "../transport/transport.ts";

/** The most of an answer that is kept; what a backend says beyond that is no answer. */
const LONGEST_ANSWER_BYTES = 16 * 1024;
const NOTHING = Buffer.alloc(0);
const NEWLINE = 0x0a;

/** One conversation with a backend: what it is told, and what it answers. After its end, every answer is what was there. */
export class Talk {
  readonly #connection: Connection;
  #header: Uint8Array;
  #heard: Buffer = NOTHING;
  /** Whether the end of the line in which an answer was found is still to come. */
  #midLine = false;

  /** `header` goes before all else; it may be empty. The connection stays the caller's to end. */
  constructor(connection: Connection, header: Uint8Array) {
    this.#connection = connection;
    this.#header = header;
  }

  /** What the backend said that no answer was found in so far. */
  get heard(): Buffer {
    return this.#heard;
  }

  /** Resolves when the kernel has the bytes, behind the header where that was not sent; rejects when the connection is closed. */
  async say(bytes: Uint8Array = NOTHING): Promise<void> {
    const all = this.#header.length === 0 ? bytes : Buffer.concat([this.#header, bytes]);
    this.#header = NOTHING;
    if (all.length > 0) await this.#connection.write(all);
  }

  /** The next so many bytes; undefined where fewer come. */
  async bytes(count: number): Promise<Buffer | undefined> {
    while (this.#heard.length < count) if (!(await this.#hear())) return undefined;
    return this.#take(count);
  }

  /** What comes up to these bytes, and they too; where they do not come, all there is. */
  async until(end: Buffer): Promise<Buffer> {
    let at = this.#heard.indexOf(end);
    for (; at === -1; at = this.#heard.indexOf(end)) if (!(await this.#hear())) return this.#heard;
    this.#midLine = end.at(-1) !== NEWLINE;
    return this.#take(at + end.length);
  }

  /** Whether the next answer begins with these bytes; what is left of the line of an earlier answer may come before it. */
  async begins(expected: Buffer): Promise<boolean> {
    for (;;) {
      const starts = this.#starts();
      const found = starts.find((at) => this.#heard.subarray(at, at + expected.length).equals(expected));
      if (found !== undefined) {
        this.#midLine = this.#take(found + expected.length).at(-1) !== NEWLINE;
        return true;
      }
      const isWhole = this.#heard.length >= (starts.at(-1) as number) + expected.length;
      const isDecided = isWhole && (starts.length > 1 || !this.#midLine);
      if (isDecided || !(await this.#hear())) return false;
    }
  }

  /** Takes what was said so far to belong to earlier answers; the rest of its last line may be on its way. */
  forget(): void {
    if (this.#heard.length > 0) this.#midLine = this.#heard.at(-1) !== NEWLINE;
    this.#heard = NOTHING;
  }

  /** Where the next answer may begin: here, and behind the line in which the last one was found. */
  #starts(): readonly number[] {
    const end = this.#midLine ? this.#heard.indexOf(NEWLINE) : -1;
    return end === -1 ? [0] : [0, end + 1];
  }

  #take(count: number): Buffer {
    const taken = this.#heard.subarray(0, count);
    this.#heard = this.#heard.subarray(count);
    return taken;
  }

  /** Waits for more; false where there is no more, or enough. */
  async #hear(): Promise<boolean> {
    if (this.#header.length > 0) await this.say();
    if (this.#heard.length >= LONGEST_ANSWER_BYTES) return false;
    const bytes = await this.#connection.read();
    if (bytes === undefined) return false;
    this.#heard = Buffer.concat([this.#heard, bytes]);
    return true;
  }
}
