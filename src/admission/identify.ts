import type { Clock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import { Ended } from "../core/ending.ts";
import type { Session } from "../live/session.ts";
import type { Flaw } from "../proxy-protocol/header.ts";
import { parseHeader } from "../proxy-protocol/parse.ts";
import type { Connection, Departure } from "../transport/transport.ts";
import { peek, type Unseen } from "./peek.ts";
import type { TrustedPeers } from "./trusted-peers.ts";

/**
 * Reads the PROXY header that a trusted peer must send first, and enters in the session which client it names; what comes
 * behind it stays the connection's to read. From another peer it is never looked for. Rejects with Ended:
 * `bad-proxy-header` where it is missing, malformed, too long, cut short or not there in time (the session's detail says
 * which), `client-gone` where the peer left, or the word with which the session was ended from outside.
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
  const interrupted = new Deferred<void>();
  session.interruptible(() => interrupted.resolve());
  const limits = { clock, timeoutMs, interrupted: interrupted.promise };
  const peeked = await peek(connection, parseHeader, limits);
  if (session.ending !== undefined) throw new Ended(session.ending);
  if ("unseen" in peeked) throw await endedBy(peeked.unseen, session, connection);
  const { seen } = peeked;
  if (typeof seen === "string") throw flawed(session, seen);
  await skip(connection, seen.length);
  session.announce(seen.announced, seen.length);
}

/** Takes the header away: what was looked at is read in one piece. */
async function skip(connection: Connection, length: number): Promise<void> {
  const bytes = await connection.read();
  if (bytes !== undefined && bytes.length > length) connection.unread(bytes.subarray(length));
}

async function endedBy(unseen: Unseen, session: Session, connection: Connection): Promise<Ended> {
  return unseen === "left" ? leftEarly(session, connection) : flawed(session, "timeout");
}

/** A peer that finished within a header sent a bad one; one that never sent a byte, a health check perhaps, just left. */
async function leftEarly(session: Session, connection: Connection): Promise<Ended> {
  const left = await new Promise<Departure>((resolve) => connection.onceLeft(resolve));
  const isGone = left === "reset" || connection.bytesRead === 0;
  return isGone ? new Ended("client-gone") : flawed(session, "cut short");
}

/** Notes what was wrong with the header. */
function flawed(session: Session, detail: Flaw | "cut short" | "timeout"): Ended {
  session.detail = detail;
  return new Ended("bad-proxy-header");
}
