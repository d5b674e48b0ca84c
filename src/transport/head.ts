import { Deferred } from "../core/deferred.ts";

/** A head that holds more bytes than these is full. */
const FULL_BYTES = 64 * 1024;

/** What fills a head, and waits while the head is full. */
export interface Source {
  pause(): void;
  resume(): void;
}

/**
 * The bytes that a connection received before a relay took it over, oldest first: at most 64 KiB and one chunk, besides
 * what was unread. The source waits from the chunk that fills the head until a reader has made room.
 */
export class Head {
  readonly #source: Source;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #reader: Deferred<Uint8Array | undefined> | undefined;
  #isComplete: boolean;

  /** `isComplete`: the source has nothing more to give. */
  constructor(source: Source, isComplete: boolean) {
    this.#source = source;
    this.#isComplete = isComplete;
  }

  /** Takes in what the source has received; a reader that waits gets it at once. */
  hold(chunk: Buffer): void {
    if (this.#reader !== undefined) {
      this.#answer(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#isFull()) this.#source.pause();
  }

  /** See Connection.read. */
  read(): Promise<Uint8Array | undefined> {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return this.#next();
    this.#bytes -= chunk.length;
    if (!this.#isFull()) this.#source.resume();
    return Promise.resolve(chunk);
  }

  /** See Connection.unread. */
  unread(bytes: Uint8Array): void {
    this.#chunks.unshift(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#bytes += bytes.length;
  }

  /** All that it holds; the head is empty afterwards, and its source goes on. */
  take(): readonly Buffer[] {
    if (this.#isFull()) this.#source.resume();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return chunks;
  }

  /** Nothing more will come: a reader that waits gets `undefined`, and so does each later one once the head is empty. */
  complete(): void {
    this.#isComplete = true;
    this.#answer(undefined);
  }

  #isFull(): boolean {
    return this.#bytes > FULL_BYTES;
  }

  #next(): Promise<Uint8Array | undefined> {
    if (this.#isComplete) return Promise.resolve(undefined);
    this.#reader = new Deferred();
    return this.#reader.promise;
  }

  #answer(bytes: Uint8Array | undefined): void {
    this.#reader?.resolve(bytes);
    this.#reader = undefined;
  }
}
