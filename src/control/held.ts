import { Failure } from "../command/failure.ts";
import { overlap } from "../config/reach.ts";
import type { Applied } from "../contract/snapshot.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";

/** The system's error for an address, and whose it was to be. */
interface Refused {
  readonly code?: unknown;
  readonly address?: string;
  readonly port?: number;
  readonly listener?: string;
}

/**
 * What a listener could not be bound for, in words where it is a running one of our own that holds the port, as when
 * 127.0.0.1:8080 becomes 0.0.0.0:8080: a reload closes nothing before everything new is bound, and the system does not let two
 * addresses that overlap be listened on at once. Any other error as it is.
 */
export function heldByOwn(error: unknown, running: Applied["listeners"]): unknown {
  const { code, address, port, listener } = error as Refused;
  if (code !== "EADDRINUSE" || address === undefined || port === undefined) return error;
  const wanted: Endpoint = { kind: "tcp", host: address, port };
  const holder = running.find(({ endpoint }) => overlap(endpoint, wanted));
  if (holder === undefined) return error;
  const held = `${formatEndpoint(wanted)} is held by the running listener ${holder.name} on ${formatEndpoint(holder.endpoint)}`;
  const remedy = "move that to another port, or remove it, in a reload before this one; or restart";
  return Object.assign(new Failure(`${held}: ${remedy}`), { listener });
}
