import { named } from "../place.ts";
import type { Line } from "./line.ts";
import type { BodyLine } from "./pool-lines.ts";
import type { View } from "./view.ts";

const KEYS = " h help  q quit  up/down select  d drain  r ready  sort: o n a s c f  i invert";

/** The last line: a question, what became of a wish, or the keys. */
export function footOf({ asked, message, help }: View): Line {
  if (asked !== undefined) {
    const sentence = asked.state === "drain" ? "drain, it gets no new sessions" : "make ready";
    return [[`${named(asked.place)}: ${sentence}? y: yes, any other key: no`, ["bold", "yellow"]]];
  }
  if (help) return [[" any key: back", "inverse"]];
  return message === undefined ? [[KEYS, "inverse"]] : [[message, "bold"]];
}

/** What the keys and the columns are. */
export const HELP: readonly BodyLine[] = [
  "up, down, k, j        another backend",
  "page up, page down    ten backends further; home, end: the first, the last",
  "d                     drain it: no new sessions; its sessions go on",
  "r                     make it ready again",
  "o n a s c f           sort by order, name, active, state, connections, failed",
  "i                     the other way round",
  "h, ?                  this",
  "Ctrl-Z                the shell; fg returns",
  "q, Ctrl-C             quit",
  "SHARE:FAIR            = its share of the pool's sessions, : what is fair",
  "BY                    whose word the state is: file, api, probe, dials, names;",
  "                      start: nothing spoke against it since it was added",
].map((text) => ({ line: () => [[` ${text}`]], selected: false }));
