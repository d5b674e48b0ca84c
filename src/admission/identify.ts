import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import { Ended } from "../core/ending.ts";
import { ipOf } from "../core/ip.ts";
import type { Session } from "../core/session.ts";
import type { Flaw, Header } from "../proxy-protocol/header.ts";
import { parseHeader } from "../proxy-protocol/parse.ts";
import type { Connection } from "../transport/transport.ts";
import { type Match, parseMatcher } from "./matcher.ts";
import type { AcceptProxy } from "./settings.ts";

/** Peers that are believed when they name their client, and must. */
export class TrustedPeers {
  readonly timeoutMs: number;
  readonly #from: readonly Match[];

  constructor({ from, timeoutMs }: AcceptProxy) {
    this.timeoutMs = timeoutMs;
    this.#from = from.map(parseMatcher);
  }

  /** `peer`: its address, or "unix". */
  includes(peer: string): boolean {
    const ip = ipOf(peer);
    return this.#from.some((matches) => matches(ip));
  }
}

/**
 * Reads the PROXY header that a trusted peer must send first, and enters in the session whom it names; what came behind
 * it stays the connection's to read. From anybody else it is never looked for. Rejects with Ended: `bad-proxy-header` where
 * it is missing, malformed, too long, cut short or not there in time (the session's detail says which), `client-gone` where
 * the peer left, or the word with which the session was ended from outside meanwhile.
 */
export function identify(
  session: Session,
  connection: Connection,
  trusted: TrustedPeers,
  clock: Clock,
): Promise<void> | undefined {
  if (!trusted.includes(session.address)) return undefined;
  return enterHeader(session, connection, trusted.timeoutMs, clock);
}

async function enterHeader(
  session: Session,
  connection: Connection,
  timeoutMs: number,
  clock: Clock,
): Promise<void> {
  using _deadline = clock.after(timeoutMs, () => session.end(flawed(session, "timeout").ending));
  const { announced, length } = await readHeader(session, connection);
  session.announce(announced, length);
}

async function readHeader(session: Session, connection: Connection): Promise<Header> {
  const interrupted = new Deferred<undefined>();
  session.interruptible(() => interrupted.resolve(undefined));
  let held = Buffer.alloc(0);
  for (;;) {
    const bytes = await Promise.race([connection.read(), interrupted.promise]);
    if (session.ending !== undefined) throw new Ended(session.ending);
    if (bytes === undefined) throw await leftEarly(session, connection);
    held = Buffer.concat([held, bytes]);
    const parsed = parseHeader(held);
    if (parsed === "more") continue;
    if (typeof parsed === "string") throw flawed(session, parsed);
    if (held.length > parsed.length) connection.unread(held.subarray(parsed.length));
    return parsed;
  }
}

/** One that finished in the middle of a header sent a bad one; one that never sent a byte, a health check perhaps, just left. */
async function leftEarly(session: Session, connection: Connection): Promise<Ended> {
  const left = await connection.left;
  const isGone = left === "reset" || connection.bytesRead === 0;
  return isGone ? new Ended("client-gone") : flawed(session, "cut short");
}

/** Notes what was wrong with the header. */
function flawed(session: Session, detail: Flaw | "cut short" | "timeout"): Ended {
  session.detail = detail;
  return new Ended("bad-proxy-header");
}
