import { connect, type NetConnectOpts, type Socket } from "node:net";
import { LineSplitter, LineTooLong } from "#lb/core/lines";
import { connectError, connectionError, type ErrorWord } from "../clients/client-error.ts";
import type { Recording } from "./recording.ts";

/** What all requesters of a run share. */
export interface Conditions {
  readonly target: NetConnectOpts;
  readonly requestsPerConnection: number;
  readonly timeoutMs: number;
  readonly recording: Recording;
  /** Microseconds since measuring began. */
  nowUs(): number;
  /** The requester's request is over, answered or not. */
  freed(requester: Requester): void;
}

const LONGEST_SERVER_NAME = 255;
// Reads are handed over and done with before the next one, so one buffer serves every socket.
const buffer = Buffer.allocUnsafe(64 * 1024);

/**
 * One of the concurrent clients: it makes one request at a time, `ping <payload>`, on a connection that serves
 * `requestsPerConnection` of them, and records what became of each. It owns its socket.
 */
export class Requester {
  /** Measured requests started so far. */
  made = 0;
  #socket: Socket | undefined;
  #connected = false;
  #requestsLeft = 0;
  #busy = false;
  #index = 0;
  #request = "";
  #expected = "";
  #sinceUs = 0;
  #deadlineUs = Infinity;

  constructor(readonly conditions: Conditions) {}

  /** Starts the request entered as `index`; the answer must repeat `payload`. */
  request(index: number, payload: string): void {
    this.#busy = true;
    this.#index = index;
    const text = payload === "" ? "" : ` ${payload}`;
    this.#request = `ping${text}\n`;
    this.#expected = `pong${text} `;
    if (this.#socket === undefined) this.#dial();
    else this.#send(this.#socket);
  }

  /** Gives the request up when its connection or its answer is overdue. */
  expire(nowUs: number): void {
    if (nowUs >= this.#deadlineUs) this.#fail(this.#connected ? "response-timeout" : "connect-timeout");
  }

  /** Closes a connection that has served all its requests. It is due after each request, before the next one. */
  closeIfSpent(): void {
    if (this.#requestsLeft === 0) this.hangUp();
  }

  /** Closes the connection, if any, with FIN; a request under way is left without an outcome. */
  hangUp(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #dial(): void {
    const lines = new LineSplitter();
    const callback = (bytes: number) => {
      this.#read(socket, lines, buffer.subarray(0, bytes));
      return true;
    };
    const socket = connect({ ...this.conditions.target, onread: { buffer, callback } });
    socket.on("error", (error) =>
      this.#lost(socket, this.#connected ? connectionError(error).word : connectError(error).word),
    );
    socket.on("connect", () => this.#stands(socket));
    socket.on("end", () => this.#lost(socket, "eof"));
    this.#socket = socket;
    this.#connected = false;
    this.#requestsLeft = this.conditions.requestsPerConnection;
    this.#startWaiting();
  }

  #stands(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#connected = true;
    this.conditions.recording.connected(this.#index, this.conditions.nowUs() - this.#sinceUs);
    this.#send(socket);
  }

  #send(socket: Socket): void {
    this.#startWaiting();
    socket.write(this.#request, "latin1");
  }

  #startWaiting(): void {
    this.#sinceUs = this.conditions.nowUs();
    this.#deadlineUs = this.#sinceUs + this.conditions.timeoutMs * 1000;
  }

  #read(socket: Socket, lines: LineSplitter, chunk: Buffer): void {
    try {
      for (const line of lines.push(chunk)) {
        // The line before this one may have ended the connection.
        if (socket !== this.#socket) return;
        this.#answer(line);
      }
    } catch (error) {
      if (!(error instanceof LineTooLong)) throw error;
      this.#lost(socket, "mismatch");
    }
  }

  #answer(line: string): void {
    const latencyUs = this.conditions.nowUs() - this.#sinceUs;
    const server = this.#busy ? serverOf(line, this.#expected) : undefined;
    if (server === undefined) this.#fail("mismatch");
    else this.#succeed(latencyUs, server);
  }

  #succeed(latencyUs: number, server: string): void {
    this.conditions.recording.answered(this.#index, latencyUs, server);
    this.#requestsLeft--;
    this.#finish();
  }

  #lost(socket: Socket, word: ErrorWord): void {
    if (socket === this.#socket) this.#fail(word);
  }

  #fail(word: ErrorWord): void {
    this.hangUp();
    if (!this.#busy) return;
    this.conditions.recording.fail(this.#index, word);
    this.#finish();
  }

  #finish(): void {
    this.#busy = false;
    this.#deadlineUs = Infinity;
    this.conditions.freed(this);
  }
}

/** The last word of an answer that begins as expected; undefined where it does not, or is not one word. */
function serverOf(line: string, expected: string): string | undefined {
  const server = line.slice(expected.length);
  const fits = line.startsWith(expected) && server !== "" && server.length <= LONGEST_SERVER_NAME;
  return fits && !server.includes(" ") ? server : undefined;
}
