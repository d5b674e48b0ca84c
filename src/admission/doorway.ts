import type { ListenerSettings } from "../contract/listener.ts";
import { Ended } from "../core/ending.ts";
import { accessList } from "./access.ts";
import type { ClientBuckets } from "./client-buckets.ts";
import type { ClientLimit } from "./client-limit.ts";
import type { Gate } from "./gate.ts";
import { rateLimit } from "./rate-limit.ts";
import type { SessionLimit } from "./session-limit.ts";
import { TrustedPeers } from "./trusted-peers.ts";

/** What a doorway counts with; it outlives a change of the settings. */
export interface DoorwayParts {
  /** The sessions of this listener, within those of all listeners together. */
  readonly places: SessionLimit;
  /** How many all listeners together may have. */
  readonly maxSessions: number;
  readonly perClient: ClientLimit;
  /** Shared by all listeners that limit rates. */
  readonly clients: ClientBuckets;
}

/** What a session passes on its way in: the entrance, then a trusted peer's header says who the client is, then the gates. */
export interface Doorway {
  /** Asked before the client is known. */
  readonly entrance: readonly Gate[];
  /** Peers that must name their client in a PROXY header; undefined: none. */
  readonly trusted: TrustedPeers | undefined;
  /** Asked of the client. */
  readonly gates: readonly Gate[];
}

/** Assembles the gates of a listener, in their order: what is cheap to ask, and what holds least, comes first. */
export function doorwayOf(settings: ListenerSettings, parts: DoorwayParts): Doorway {
  const { acceptProxy } = settings;
  const gates = [...gatesOf(settings, parts)];
  const asksWho = gates.length > 0 || acceptProxy !== undefined;
  // Counted without a limit too: one may be set while they live.
  const places = parts.places.gate(settings.maxConnections, parts.maxSessions);
  return {
    entrance: asksWho ? [identifiable, places] : [places],
    trusted: acceptProxy && new TrustedPeers(acceptProxy),
    gates,
  };
}

function* gatesOf(settings: ListenerSettings, { perClient, clients }: DoorwayParts): Iterable<Gate> {
  const { access, connectionsPerClient } = settings;
  if (access.length > 0) yield accessList(access);
  if (connectionsPerClient < Infinity) yield perClient.gate(connectionsPerClient);
  if (settings.rateLimit) yield rateLimit(clients);
}

/** A client that left before it could be asked its address must not pass for another. */
const identifiable: Gate = (session) => {
  if (session.unknown) throw new Ended("client-gone");
  return undefined;
};
