import type { ServerResponse } from "node:http";
import { SECURITY_HEADERS } from "../security-headers.ts";
import type { Right } from "../token-file.ts";

const MOST_UNSENT_BYTES = 1024 * 1024;

/** One reader of events, from its first message until it leaves or lags. */
export class Reader {
  readonly #response: ServerResponse;
  /** What of its first message it may still have to take: the status of thousands of backends has more than a reader may lag. */
  #first = 0;

  /** `right`: what it may do, which it is told in a header. `left` is called once when it has left, or was closed. */
  constructor(response: ServerResponse, right: Right, left: (reader: Reader) => void) {
    this.#response = response;
    response.on("error", () => {});
    response.once("close", () => left(this));
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      "content-type": "text/event-stream",
      "lb-right": right,
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

  /** Sends one more; a reader with more than 1 MiB unsent beside its first message is closed instead. */
  tell(message: Buffer): void {
    if (this.#response.writableLength - this.#first > MOST_UNSENT_BYTES) this.close();
    else this.#response.write(message);
  }

  close(): void {
    this.#response.destroy();
  }
}
