import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import type { Connection } from "../transport/transport.ts";

/** Makes something of what a connection begins with, or says that it needs `more` of it. */
export type Parse<T> = (bytes: Buffer) => T | "more";

/** How long a look may take, and what ends it early. */
export interface PeekLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Settles when the session is ended from outside. */
  readonly interrupted: Promise<unknown>;
}

/** Why nothing was seen: the time was over, the peer left, or the session was ended from outside. */
export type Unseen = "late" | "left" | "interrupted";

/** What a look at a connection found. */
export type Peeked<T> = { readonly seen: T } | { readonly unseen: Unseen };

/**
 * Looks at the first bytes of a connection until `parse` has made something of them, and puts all of them back: what is read
 * next is what was looked at, in one piece. Where nothing was seen, the connection is only good to be closed.
 */
export async function peek<T>(
  connection: Connection,
  parse: Parse<T>,
  { clock, timeoutMs, interrupted }: PeekLimits,
): Promise<Peeked<T>> {
  const over = new Deferred<Unseen>();
  using _deadline = clock.after(timeoutMs, () => over.resolve("late"));
  void interrupted.then(() => over.resolve("interrupted"));
  let held = Buffer.alloc(0);
  for (;;) {
    const bytes = await Promise.race([connection.read(), over.promise]);
    if (bytes === undefined) return { unseen: "left" };
    if (typeof bytes === "string") return { unseen: bytes };
    held = Buffer.concat([held, bytes]);
    const seen = parse(held);
    if (seen === "more") continue;
    connection.unread(held);
    return { seen: seen as T };
  }
}
