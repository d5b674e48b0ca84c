import type { Matcher } from "./admission.ts";

/** A token bucket: `capacity` sessions at once, one more every 1 / `ratePerSec` seconds. */
export interface BucketSettings {
  readonly capacity: number;
  readonly ratePerSec: number;
}

/** One client with a bucket of its own. Without addresses it limits no session. */
export interface ClientEntry extends BucketSettings {
  readonly id: string;
  /** CIDR blocks or addresses; of all clients the longest match applies. */
  readonly addresses: readonly Matcher[];
}

/** The token buckets of a snapshot. */
export interface ClientSettings {
  /** For every address that no entry matches, one bucket each; undefined: no limit. */
  readonly default: BucketSettings | undefined;
  readonly list: readonly ClientEntry[];
}

/** What the bucket of a client's entry has left. */
export interface ClientTokens {
  readonly id: string;
  readonly tokens: number;
}
