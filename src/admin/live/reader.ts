import type { ServerResponse } from "node:http";
import { SECURITY_HEADERS } from "../security-headers.ts";
import type { Right } from "../token-file.ts";

const MOST_UNSENT_BYTES = 1024 * 1024;

/** What a reader may do. */
export interface Permit {
  /** It is told this in a header. */
  readonly right: Right;
  /** Its token may be revoked while it reads. */
  mayStay(): boolean;
}

/** One reader of events, from its first message until it leaves or lags. */
export class Reader {
  readonly #response: ServerResponse;
  readonly #permit: Permit;
  /** What of its first message it may still have to take: the status of thousands of backends has more than a reader may lag. */
  #first = 0;

  /** `left` is called once when it has left, or was closed. */
  constructor(response: ServerResponse, permit: Permit, left: (reader: Reader) => void) {
    this.#response = response;
    this.#permit = permit;
    response.on("error", () => {});
    response.once("close", () => left(this));
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      "content-type": "text/event-stream",
      "lb-right": permit.right,
      "x-accel-buffering": "no",
    });
    response.flushHeaders();
  }

  /** Sends all there is to begin with. */
  welcome(message: Buffer): void {
    this.#first = message.length;
    this.#response.write(message, () => {
      this.#first = 0;
    });
  }

  /** Sends one more; a reader that may not stay, or has more than 1 MiB unsent beside its first message, is closed instead. */
  tell(message: Buffer): void {
    const lags = this.#response.writableLength - this.#first > MOST_UNSENT_BYTES;
    if (lags || !this.#permit.mayStay()) this.close();
    else this.#response.write(message);
  }

  close(): void {
    this.#response.destroy();
  }
}
