import { Ended } from "../core/ending.ts";
import type { ClientBuckets } from "./client-buckets.ts";
import type { Gate } from "./gate.ts";

/** Takes a token of the session's client, and refuses with `rate-limited` where it has none. A token is not given back. */
export function rateLimit(clients: ClientBuckets): Gate {
  return ({ address }) => {
    const waitMs = clients.take(address);
    if (waitMs > 0) throw new Ended("rate-limited", waitMs);
    return undefined;
  };
}
