import { readable } from "../core/bytes.ts";
import { withoutLogins } from "../core/logins.ts";

/** Undefined where the backend passed, otherwise why it did not, in words. */
export type ProbeFailure = string | undefined;

const LONGEST_QUOTED = 40;

/** What a backend said, as it stands in a sentence: no more of it than a log line bears, and no login that it sent back. */
export function quoted(said: Uint8Array): string {
  return said.length === 0 ? "nothing" : withoutLogins(readable(said.subarray(0, LONGEST_QUOTED)));
}
