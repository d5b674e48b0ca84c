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

/** What token buckets have done: sessions that got a token, and sessions that were refused for want of one. */
interface BucketTotals {
  readonly accepted: number;
  readonly refused: number;
}

/** The bucket of one client's entry: what it has left, and what it has done since the entry was added. */
interface ClientSample extends ClientTokens, BucketTotals {}

/** The token buckets of all clients. */
export interface ClientsSample {
  /** Since the start, also by buckets that are gone and by those of clients without an entry; never goes down. */
  readonly all: BucketTotals;
  /** The entries that have been there the longest. */
  readonly first: readonly ClientSample[];
  /** All other entries: how many, and what they have left. */
  readonly rest: { readonly entries: number; readonly tokens: number };
}

/** A client that has used up most of what it may: an entry's id, or an address (IPv6: its /64) that no entry matches. */
export interface PressedClient extends ClientTokens, BucketSettings {
  /** Sessions that were refused for want of a token, since its bucket was made. */
  readonly refused: number;
}

/** What the bucket of a client's entry has left. */
export interface ClientTokens {
  readonly id: string;
  readonly tokens: number;
}
