/** How a client that cannot be served is told: by FIN, by RST, by a line, or by a whole HTTP answer. */
export const refusals = ["close", "reset", "line", "http"] as const;
export type Refusal = (typeof refusals)[number];

/** A set of clients: a CIDR block (a single address is one of full length), `unix` for all unix peers, or `all`. */
export type Matcher = string;

/** One line of an access list. */
export interface AccessRule {
  readonly action: "allow" | "deny";
  /** `10.0.0.0/8`, `2001:db8::/32`, an address, `unix` or `all`. */
  readonly who: Matcher;
}

/** The peers that must send a PROXY header first, and how long that may take. */
export interface AcceptProxy {
  readonly from: readonly Matcher[];
  readonly timeoutMs: number;
}
