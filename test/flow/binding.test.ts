import { expect, test } from "vitest";
import type { Snapshot } from "#lb/contract/snapshot";
import type { Endpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import type { Transport } from "#lb/transport/transport";
import { plainBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { type Fleet, fleet } from "../support/fleet.ts";
import { Lab, plainListener, plainPool } from "../support/lab.ts";
import { backend, dialPeer, type Peer } from "../support/peer.ts";
import { testTransport } from "../support/transport.ts";

const EARLY = 3;

test("whoever comes while other listeners are being bound waits for its limits", async () => {
  await using servers = await fleet("a");
  const transport = new BusyTransport();
  await using balancer = new Lab(systemClock, transport);
  await balancer.plane.apply(twoListeners(servers, { kind: "tcp", host: "127.0.0.2", port: 0 }));
  balancer.clients.push(...transport.early);
  for (const client of transport.early) client.socket.on("end", () => client.finish());
  const refused = await balancer.ended(EARLY - 1);
  expect(refused.map(({ ending }) => ending)).toEqual(Array(EARLY - 1).fill("rate-limited"));
  expect(await balancer.numbers("connected")).toEqual({ a: 1 });
});

test("whoever came to a listener of a snapshot that is refused is broken off, and was no session", async () => {
  await using servers = await fleet("a");
  await using taken = await backend();
  const transport = new BusyTransport();
  await using balancer = new Lab(systemClock, transport);
  const applied = balancer.plane.apply(twoListeners(servers, taken.endpoint));
  await expect(applied).rejects.toMatchObject({ code: "EADDRINUSE" });
  for (const client of transport.early) expect(await client.outcome()).toBe("reset");
  expect(balancer.records).toEqual([]);
});

/** Real sockets; clients come to the first listener before the second is bound. */
class BusyTransport implements Transport {
  readonly early: Peer[] = [];
  readonly #sockets = testTransport(systemClock);
  readonly dial = this.#sockets.dial.bind(this.#sockets);
  readonly knock = this.#sockets.knock.bind(this.#sockets);
  readonly relay = this.#sockets.relay.bind(this.#sockets);
  #first: Endpoint | undefined;
  #accepted = 0;

  async listen(...[endpoint, accepted]: Parameters<Transport["listen"]>) {
    if (this.#first !== undefined) await this.#comeTo(this.#first);
    const socket = await this.#sockets.listen(endpoint, (connection) => {
      this.#accepted += 1;
      accepted(connection);
    });
    this.#first ??= socket.endpoint;
    return socket;
  }

  async #comeTo(first: Endpoint): Promise<void> {
    while (this.early.length < EARLY) this.early.push(await dialPeer(first));
    await eventually(() => expect(this.#accepted).toBe(EARLY));
  }
}

/** The first on a free port, both with one token for each client. */
function twoListeners(servers: Fleet, second: Endpoint): Snapshot {
  const limited = { ...plainListener, rateLimit: true };
  return {
    listeners: [limited, { ...limited, name: "second", endpoint: second }],
    pools: [{ ...plainPool, backends: servers.members.map((each) => ({ ...plainBackend, ...each })) }],
    clients: { default: { capacity: 1, ratePerSec: 0.001 }, list: [] },
  };
}
