/** How a client that cannot be served is told: by FIN, by RST, by a line, or by a whole HTTP answer. */
export const refusals = ["close", "reset", "line", "http"] as const;
export type Refusal = (typeof refusals)[number];

/** A set of clients: a CIDR block (a single address is one of full length), all unix peers, or everybody. */
export type Matcher = string;

/** One line of an access list. */
export interface AccessRule {
  readonly action: "allow" | "deny";
  /** `10.0.0.0/8`, `2001:db8::/32`, an address, `unix` or `all`. */
  readonly who: Matcher;
}

/** From whom a PROXY header is required, and how long it may take. */
export interface AcceptProxy {
  readonly from: readonly Matcher[];
  readonly timeoutMs: number;
}

/** A token bucket: `capacity` sessions at once, one more every 1 / `ratePerSec` seconds. */
export interface BucketSettings {
  readonly capacity: number;
  readonly ratePerSec: number;
}

/** One client of the file. Without addresses it limits nobody. */
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
