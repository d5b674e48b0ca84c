import type { Log } from "../observe/log.ts";
import type { OverlayNews } from "./overlay.ts";

/** Logs what became of the API's words when the file spoke: a line each. */
export function tellNews(log: Log, { kind, ...fields }: OverlayNews): void {
  log.logger.info(fields, LINES[kind]);
}

const LINES: Readonly<Record<OverlayNews["kind"], string>> = {
  "word-over": "the file has the last word",
  yielded: "a backend of the API yields to one of the file",
  "gone-with-pool": "a backend of the API goes with its pool",
  "client-yielded": "a client of the API yields to one of the file",
};
