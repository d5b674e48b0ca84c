import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "#lb/core/address";
import { Deferred } from "#lb/core/deferred";

import type { Connection } from "#lb/transport/transport";
import type { ManualClock } from "./manual-clock.ts";
import { dialPeer, type Peer } from "./peer.ts";
import { type TransportName, testTransport } from "./transport.ts";

/** A Connection and the peer at its other end. */
export interface Pair extends AsyncDisposable {
  readonly connection: Connection;
  readonly peer: Peer;
}

/** An accepted Connection on a real socket of either kind. */
export async function pair(
  kind: Endpoint["kind"],
  clock: ManualClock,
  transport?: TransportName,
): Promise<Pair> {
  const folder = await mkdtemp(join(tmpdir(), "pair-"));
  const accepted = new Deferred<Connection>();
  const where: Endpoint =
    kind === "unix" ? { kind, path: join(folder, "s") } : { kind, host: "127.0.0.1", port: 0 };
  const listening = await testTransport(clock, transport).listen(where, accepted.resolve);
  const peer = await dialPeer(listening.endpoint);
  const connection = await accepted.promise;
  return {
    connection,
    peer,
    async [Symbol.asyncDispose]() {
      peer.reset();
      connection.reset();
      await connection.closed;
      await listening.close();
      await rm(folder, { recursive: true });
    },
  };
}
