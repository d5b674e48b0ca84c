import type { Refused } from "../control/overlay.ts";
import type { Spoken } from "../control/steering.ts";
import { Problem } from "./problem.ts";

const SENTENCES: Readonly<Record<Refused, (what: string) => Problem>> = {
  unknown: (what) => new Problem("not-found", `there is no ${what}`),
  exists: (what) => new Problem("exists", `there is a ${what} already`),
  "of-the-file": (what) =>
    new Problem("of-the-file", `the ${what} is of the configuration file: remove it there`),
  "is-a-copy": (what) =>
    new Problem(
      "is-a-copy",
      `the ${what} is a copy of a server: delete it under its name at /api/v1/servers`,
    ),
  full: (what) => new Problem("full", `there is no room for the ${what}`),
};

/** What is to be told of a change beside what it came to; throws where it was refused. */
export function done(spoken: Spoken, what: string): { readonly stored?: false } {
  if (spoken.kind === "refused") throw SENTENCES[spoken.why](what);
  return spoken.stored === false ? { stored: false } : {};
}

export function notFound(what: string): Problem {
  return SENTENCES.unknown(what);
}
