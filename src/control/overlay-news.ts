import type { Log } from "../observe/log.ts";
import type { Saying } from "./words.ts";

/** One thing that became of the API's words when the file spoke; a line of the log each. */
export type OverlayNews =
  | { readonly kind: "word-over"; readonly subject: string; readonly key: string; readonly value: unknown }
  | { readonly kind: "yielded"; readonly pool: string; readonly backend: string }
  | { readonly kind: "copy-yielded"; readonly pool: string; readonly backend: string }
  | { readonly kind: "gone-with-pool"; readonly pool: string; readonly backend: string }
  | { readonly kind: "client-yielded"; readonly client: string };

/** News of words that are over; of a backend `within` is its pool and a slash. */
export function wordsOver(sayings: readonly Saying[], within = ""): OverlayNews[] {
  return sayings.map(({ part, word: { key, value } }) => ({
    kind: "word-over",
    subject: `${within}${part}`,
    key,
    value,
  }));
}

/** Logs what became of the API's words when the file spoke: a line each. */
export function tellNews(log: Log, { kind, ...fields }: OverlayNews): void {
  log.logger.info(fields, LINES[kind]);
}

const LINES: Readonly<Record<OverlayNews["kind"], string>> = {
  "word-over": "the file has the last word",
  yielded: "a backend of the API yields to one of the file",
  "copy-yielded": "a copy yields to a backend of the API",
  "gone-with-pool": "a backend of the API goes with its pool",
  "client-yielded": "a client of the API yields to one of the file",
};
