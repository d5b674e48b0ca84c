import type { ServerResponse } from "node:http";
import type { Controls } from "./controls.ts";
import { Problem } from "./problem.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

const EVERY_MS = 1_000;
const MOST_READERS = 32;
const MOST_UNSENT_BYTES = 1024 * 1024;

/** The status as server-sent events, once a second: one for all readers. It costs nothing while there are none. */
export class Events {
  readonly #controls: Pick<Controls, "clock" | "status" | "log">;
  readonly #readers = new Set<ServerResponse>();
  #runs = false;
  /** What was told last, for a reader that comes between two times. */
  #last = "";

  constructor(controls: Pick<Controls, "clock" | "status" | "log">) {
    this.#controls = controls;
  }

  /** Throws where there is no room for one more reader. */
  admit(): void {
    if (this.#readers.size >= MOST_READERS)
      throw new Problem("too-many", `expected at most ${MOST_READERS} readers of events at once`);
  }

  /** Takes over a response, until its reader leaves or lags by more than 1 MiB. */
  join(response: ServerResponse): void {
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
    response.on("error", () => {});
    response.once("close", () => this.#readers.delete(response));
    this.#readers.add(response);
    if (this.#last !== "") response.write(this.#last);
    if (this.#runs) return;
    this.#runs = true;
    void this.#tell();
  }

  close(): void {
    for (const response of this.#readers) response.destroy();
    this.#readers.clear();
  }

  async #tell(): Promise<void> {
    const { clock, status, log } = this.#controls;
    try {
      const text = `data: ${JSON.stringify(await status())}\n\n`;
      this.#last = text;
      for (const response of this.#readers) {
        if (response.writableLength > MOST_UNSENT_BYTES) response.destroy();
        else response.write(text);
      }
    } catch (error) {
      log.logger.error({ err: error }, "the status could not be told");
      this.close();
    }
    this.#runs = this.#readers.size > 0;
    if (this.#runs) clock.after(EVERY_MS, () => void this.#tell());
    else this.#last = "";
  }
}
