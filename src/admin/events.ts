import type { ServerResponse } from "node:http";
import { jsonSteps } from "../core/json-steps.ts";
import { inSlices } from "../core/slices.ts";
import type { Controls } from "./controls.ts";
import { Problem } from "./problem.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

const EVERY_MS = 1_000;
const MOST_READERS = 32;
/** Down to a single backend. */
export const STATUS_DEPTH = 4;
const MOST_UNSENT_BYTES = 1024 * 1024;

/** The status as server-sent events, once a second: one for all readers. It costs nothing while there are none. */
export class Events {
  readonly #controls: Pick<Controls, "clock" | "status" | "log">;
  readonly #readers = new Map<ServerResponse, () => boolean>();
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

  /** Takes over a response, until its reader leaves, lags by more than 1 MiB, or may not stay any more. */
  join(response: ServerResponse, mayStay: () => boolean): void {
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
    response.on("error", () => {});
    response.once("close", () => this.#readers.delete(response));
    this.#readers.set(response, mayStay);
    if (this.#last !== "") response.write(this.#last);
    if (this.#runs) return;
    this.#runs = true;
    void this.#tell();
  }

  close(): void {
    for (const response of this.#readers.keys()) response.destroy();
    this.#readers.clear();
  }

  async #tell(): Promise<void> {
    const { clock, status, log } = this.#controls;
    try {
      const text = `data: ${await inSlices(clock, jsonSteps(await status(), STATUS_DEPTH))}\n\n`;
      this.#last = text;
      for (const [response, mayStay] of this.#readers) {
        if (response.writableLength > MOST_UNSENT_BYTES || !mayStay()) response.destroy();
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
