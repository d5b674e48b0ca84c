import type { Socket } from "node:net";
import { systemClock } from "#lb/core/clock";
import { LineSplitter, LineTooLong, LONGEST_LINE } from "#lb/core/lines";
import type { Request, Work } from "./protocol.ts";

/** The answer to one line, both without a line end, one character per byte. */
export type Answer = (line: string) => string;

/** Requests of one connection in work at once, and the characters they hold; at either bound reading pauses. */
const MOST_IN_WORK = 1024;
const MOST_CHARACTERS = 256 * 1024;
const FLUSH_AT_CHARACTERS = 16 * 1024;
const LINGER_MS = 1000;
const TOO_LONG = `err expected a line of at most ${LONGEST_LINE} bytes`;

class PendingAnswer implements Request {
  ready = false;
  constructor(
    readonly session: LineSession,
    readonly line: string,
  ) {}
  get wanted(): boolean {
    return !this.session.socket.destroyed;
  }
  answer(): void {
    this.ready = true;
    this.session.wake();
  }
}

/**
 * One connection that speaks lines. Requests are worked on together and answered in order; when the peer has finished,
 * what it asked is answered, then we finish. It owns the socket, and reads no faster than the peer takes its answers.
 */
export class LineSession {
  readonly #splitter = new LineSplitter(LONGEST_LINE, "latin1");
  readonly #pending: PendingAnswer[] = [];
  #characters = 0;
  #lines: Iterator<string, void> | undefined;
  #out = "";
  #awake = false;
  #lastWords: string | undefined;
  #over = false;

  constructor(
    readonly socket: Socket,
    readonly answer: Answer,
    readonly work: Work,
  ) {
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("drain", () => this.wake());
    socket.on("end", () => this.finish());
  }

  /** Reads nothing more, answers what was read, and ends the connection. */
  finish(): void {
    this.#over = true;
    this.wake();
  }

  /** Goes on where it can, once this turn's other answers are ready too: they share one write. */
  wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    setImmediate(() => this.#pump());
  }

  #receive(chunk: Buffer): void {
    if (this.#over) return;
    this.#lines = this.#splitter.push(chunk);
    this.#pump();
  }

  #pump(): void {
    if (this.socket.destroyed) return;
    this.#awake = true;
    do this.#settle();
    while (this.#hasRoom() && this.#take());
    this.#flush();
    this.#awake = false;
    if (this.#lines !== undefined) this.socket.pause();
    else this.socket.resume();
    if (this.#over && this.#lines === undefined && this.#pending.length === 0) this.#end();
  }

  #hasRoom(): boolean {
    return (
      this.#pending.length < MOST_IN_WORK &&
      this.#characters < MOST_CHARACTERS &&
      !this.socket.writableNeedDrain
    );
  }

  #take(): boolean {
    const line = this.#nextLine();
    if (line === undefined) return false;
    const request = new PendingAnswer(this, line);
    this.#pending.push(request);
    this.#characters += line.length;
    this.work(request);
    return true;
  }

  #nextLine(): string | undefined {
    try {
      const next = this.#lines?.next();
      if (next?.done === false) return next.value;
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      this.#lastWords = TOO_LONG;
      this.#over = true;
    }
    this.#lines = undefined;
    return undefined;
  }

  /** Says what is ready and next in order, while the peer takes it. */
  #settle(): void {
    while (this.#pending[0]?.ready && !this.socket.writableNeedDrain) {
      const { line } = this.#pending.shift() as PendingAnswer;
      this.#characters -= line.length;
      this.#say(this.answer(line));
    }
  }

  #say(text: string): void {
    this.#out += `${text}\n`;
    if (this.#out.length >= FLUSH_AT_CHARACTERS) this.#flush();
  }

  #flush(): void {
    if (this.#out !== "") this.socket.write(this.#out, "latin1");
    this.#out = "";
  }

  /** A close with input unread would be a reset, and destroy the answers on their way. */
  #end(): void {
    if (this.socket.writableEnded) return;
    if (this.#lastWords !== undefined) this.socket.write(`${this.#lastWords}\n`);
    this.socket.end(() => {
      if (this.socket.readableEnded) return;
      const linger = systemClock.after(LINGER_MS, () => this.socket.destroy());
      this.socket.once("close", () => linger[Symbol.dispose]());
    });
  }
}

/** The line as a person at telnet meant it: without the `\r` that it sends before the line end. */
export function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
