import type { Gate } from "#lb/admission/gate";
import { Ended, type Ending } from "#lb/core/ending";
import { Session } from "#lb/live/session";

let sessions = 0;

/** A session of the client at an address; "unix" is one without. */
export function sessionFrom(address: string): Session {
  const kind = address === "unix" ? "unix" : "tcp";
  const remote = address === "unix" ? undefined : { host: address, port: 50_000 };
  const local = remote && { host: "127.0.0.1", port: 8080 };
  return new Session(++sessions, "main", 0, {
    kind,
    remote,
    local,
    bytesRead: 0,
  });
}

/** The word with which a gate refuses the client at an address, or undefined where it lets it in. */
export function refusedWith(gate: Gate, address: string): Ending | undefined {
  return refusedBy(gate, address)?.ending;
}

/** What a gate refuses the client at an address with. */
export function refusedBy(gate: Gate, address: string): Ended | undefined {
  try {
    gate(sessionFrom(address));
    return undefined;
  } catch (refusal) {
    if (refusal instanceof Ended) return refusal;
    throw refusal;
  }
}
