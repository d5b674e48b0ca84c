import { quoted } from "../answer.ts";
import type { Probe } from "./probe.ts";

/** Asks whether the server speaks GSSAPI; either answer passes. */
export interface PostgresSettings {
  readonly kind: "postgres";
}

/**
 * GSSENCRequest (PostgreSQL, Frontend/Backend Protocol, §55.7): its length and 1234.5680. It is the one question that leaves no
 * line in the server's log when nothing follows: after an SSLRequest, a server with TLS writes of a handshake that failed, and
 * after a StartupMessage of a user or database that it does not know.
 */
const GSSENC_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x30]);

export const postgres: Probe<PostgresSettings> = () => async (talk) => {
  await talk.say(GSSENC_REQUEST);
  const answer = (await talk.bytes(1))?.toString("latin1");
  if (answer === "G" || answer === "N") return undefined;
  return `expected the answer "G" or "N" to a GSSENCRequest, got ${quoted(Buffer.from(answer ?? ""))}`;
};
