import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { Endpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { LineSplitter } from "#lb/core/lines";
import { addressLookup } from "./address-lookup.ts";
import { ClientError, connectError, connectionError, quoted } from "./client-error.ts";

/** How a connection is made. */
export interface LineConnectionOptions {
  /** For the connection, and again for each answer. */
  readonly timeoutMs: number;
  /** The address to come from, where the machine has several. */
  readonly localAddress?: string;
}

interface Waiting {
  readonly sinceMs: number;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: ClientError) => void;
}

const CLOSE_WITHIN_MS = 1000;

/**
 * One connection that speaks the line protocol: requests are sent at once, answers come in order. The first failure
 * is the last: it ends the connection and every request on it, and all rejections are ClientErrors. How many requests
 * wait at once is the caller's to bound. One timer serves them all.
 */
export class LineConnection implements Disposable {
  readonly #splitter = new LineSplitter();
  readonly #waiting: Waiting[] = [];
  #failure: ClientError | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    readonly socket: Socket,
    readonly timeoutMs: number,
  ) {
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("end", () => this.#fail(new ClientError("eof")));
    socket.on("close", () => this.#fail(new ClientError("reset")));
  }

  /** Resolves when the connection stands. */
  static open(endpoint: Endpoint, options: LineConnectionOptions): Promise<LineConnection> {
    const { timeoutMs } = options;
    return new Promise((resolve, reject) => {
      const socket = connect(target(endpoint, options));
      const refuse = (error: ClientError) => {
        clearTimeout(timer);
        socket.destroy();
        reject(error);
      };
      const timer = setTimeout(() => refuse(new ClientError("connect-timeout")), timeoutMs);
      const failed = (error: Error) => refuse(connectError(error));
      socket.once("error", failed);
      socket.once("connect", () => {
        clearTimeout(timer);
        const connection = new LineConnection(socket, timeoutMs);
        socket.off("error", failed).on("error", (error) => connection.#fail(connectionError(error)));
        resolve(connection);
      });
    });
  }

  /** Sends a line, given without its line end, and resolves with the answer to it. */
  request(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ sinceMs: systemClock.now(), resolve, reject });
      this.#timer ??= setTimeout(() => this.#checkTime(), this.timeoutMs);
      this.socket.write(`${line}\n`);
    });
  }

  /** Finishes our side; the peer has a second to finish its own. What still waits for an answer fails as `eof`. */
  close(): void {
    this.#give(new ClientError("eof"));
    if (this.socket.destroyed) return;
    this.socket.end();
    this.socket.setTimeout(CLOSE_WITHIN_MS, () => this.socket.destroy());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #receive(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      for (const line of this.#splitter.push(chunk)) this.#answer(line);
    } catch (error) {
      this.#fail(
        error instanceof ClientError ? error : new ClientError("mismatch", (error as Error).message),
      );
    }
  }

  #answer(line: string): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined)
      throw new ClientError("mismatch", `an answer nobody asked for: ${quoted(line)}`);
    waiting.resolve(line);
  }

  /** The oldest request is late first, so it alone is looked at, and once per timeout rather than once per request. */
  #checkTime(): void {
    this.#timer = undefined;
    const oldest = this.#waiting[0];
    if (oldest === undefined) return;
    const leftMs = oldest.sinceMs + this.timeoutMs - systemClock.now();
    if (leftMs <= 0) this.#fail(new ClientError("response-timeout"));
    else this.#timer = setTimeout(() => this.#checkTime(), Math.ceil(leftMs));
  }

  #fail(error: ClientError): void {
    this.#give(error);
    this.socket.destroy();
  }

  /** The first failure counts; nothing is sent or answered after it. */
  #give(error: ClientError): void {
    this.#failure ??= error;
    clearTimeout(this.#timer);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

function target(endpoint: Endpoint, { timeoutMs, localAddress }: LineConnectionOptions): NetConnectOpts {
  if (endpoint.kind === "unix") return { path: endpoint.path };
  return {
    host: endpoint.host,
    port: endpoint.port,
    noDelay: true,
    lookup: addressLookup,
    // Of a name with several addresses, each has the whole time: Node would give up on it after 250 ms.
    autoSelectFamilyAttemptTimeout: timeoutMs,
    ...(localAddress === undefined ? {} : { localAddress }),
  };
}
