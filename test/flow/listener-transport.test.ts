import { expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { Deferred } from "#lb/core/deferred";
import { seededDice } from "#lb/core/dice";
import type { ListenerTransport } from "#lb/core/transport-names";
import { LocalPlane } from "#lb/plane/local";
import type { Connection, ListeningSocket, Transport } from "#lb/transport/transport";
import { plainBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { plainListener, plainPool } from "../support/lab.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";
import { transportNames, transports } from "../support/transport.ts";

const both = transportNames.includes("epoll");

test.skipIf(!both)("listeners of both transports share pools, counts and limits", async () => {
  await using server = await backend(echo);
  await using balancer = new Serving(server.endpoint);
  const [one, other] = await balancer.apply("native", "sockets");
  const clients = [await dialPeer(one as Endpoint), await dialPeer(other as Endpoint)];
  for (const client of clients) client.send("x");
  for (const client of clients) await client.bytes(1);
  const { pools } = await balancer.plane.sample();
  expect(pools).toMatchObject([{ active: 2, backends: [{ active: 2, connected: 2 }] }]);
  expect(balancer.accepted).toEqual({ native: 1, sockets: 1 });
  for (const client of clients) client.reset();
});

test.skipIf(!both).each([
  ["sockets", "native"],
  ["native", "sockets"],
] as const)(
  "a reload moves a listener from %s to %s, and loses neither a session nor a client",
  async (from, to) => {
    await using server = await backend(echo);
    await using balancer = new Serving(server.endpoint);
    const [endpoint] = (await balancer.apply(from)) as [Endpoint];
    const before = await dialPeer(endpoint);
    before.send("one");
    await before.bytes(3);
    const visits = visiting(endpoint);
    await eventually(() => expect(visits.served).toBeGreaterThan(5));
    expect(await balancer.apply(to)).toEqual([endpoint]);
    const moved = visits.served;
    await eventually(() => expect(visits.served).toBeGreaterThan(moved + 5));
    expect(await visits.over()).toBe(visits.served);
    expect(balancer.accepted[to]).toBeGreaterThan(5);
    before.send("two");
    expect((await before.bytes(6)).toString()).toBe("onetwo");
    expect(await balancer.plane.sample()).toMatchObject({
      listeners: [{ name: "l0", leaving: false, active: 1 }],
    });
    before.finish();
    expect(await before.outcome()).toBe("end");
    expect(await balancer.apply("auto")).toEqual([endpoint]);
  },
);

test.skipIf(!both)("a move that comes with what cannot be bound is called off", async () => {
  await using server = await backend(echo);
  await using balancer = new Serving(server.endpoint);
  const [endpoint] = (await balancer.apply("sockets")) as [Endpoint];
  const refused = balancer.apply("native", server.endpoint);
  await expect(refused).rejects.toMatchObject({ code: "EADDRINUSE", listener: "l1" });
  const client = await dialPeer(endpoint);
  client.send("x");
  await client.bytes(1);
  expect(balancer.accepted).toEqual({ native: 0, sockets: 1 });
  client.reset();
});

test.skipIf(!both)(
  "a stop in a hurry, amid a change of transport, closes what was prepared as well",
  async () => {
    await using server = await backend(echo);
    await using balancer = new Serving(server.endpoint);
    await balancer.apply("sockets");
    const late = balancer.holdNext();
    const applied = balancer.apply("native", { kind: "tcp", host: "127.0.0.1", port: 0 });
    await late.reached;
    expect(balancer.open).toBe(2);
    const closed = balancer.plane.close({ graceMs: 0 });
    await eventually(() => expect(balancer.open).toBe(0));
    late.goOn();
    await Promise.allSettled([applied, closed]);
    expect(balancer.open).toBe(0);
  },
);

/** A plane of both transports before one backend, whose listeners want what they are given. */
class Serving implements AsyncDisposable {
  readonly accepted = { native: 0, sockets: 0 };
  /** Listening sockets that are open. */
  open = 0;
  #held: { readonly reached: Deferred<void>; readonly goOn: Promise<void> } | undefined;
  readonly plane: LocalPlane;
  readonly #backend: Endpoint;

  constructor(backend: Endpoint) {
    const made = {
      native: this.#counting("native", transports.epoll(systemClock)),
      sockets: this.#counting("sockets", transports.sockets(systemClock)),
    };
    const transport = (wanted: ListenerTransport) => made[wanted === "auto" ? "native" : wanted];
    this.#backend = backend;
    this.plane = new LocalPlane({ transport, clock: systemClock, dice: seededDice(1) });
  }

  /** Where the listeners are, each by what it wants of its own: a transport, or where it listens. */
  async apply(...wanted: readonly (ListenerTransport | Endpoint)[]): Promise<readonly Endpoint[]> {
    const listeners = wanted.map((each, at) => {
      const own = typeof each === "string" ? { transport: each } : { endpoint: each };
      return { ...plainListener, name: `l${at}`, ...own };
    });
    const backends = [{ ...plainBackend, name: "a", endpoint: this.#backend }];
    const pools = [{ ...plainPool, backends }];
    const applied = await this.plane.apply({ listeners, pools, clients: { default: undefined, list: [] } });
    return applied.listeners.map(({ endpoint }) => endpoint);
  }

  /** Has the next socket that is bound afresh wait until it may go on. */
  holdNext() {
    const [reached, goOn] = [new Deferred<void>(), new Deferred<void>()];
    this.#held = { reached, goOn: goOn.promise };
    return { reached: reached.promise, goOn: () => goOn.resolve() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plane.close({ graceMs: 0 });
  }

  /** A transport that counts the connections that it accepts. */
  #counting(name: "native" | "sockets", transport: Transport): Transport {
    return {
      listen: async (endpoint, accepted, descriptor) => {
        const held = descriptor === undefined ? this.#held : undefined;
        held?.reached.resolve();
        await held?.goOn;
        const counted = (connection: Connection) => {
          this.accepted[name] += 1;
          accepted(connection);
        };
        const socket = await transport.listen(endpoint, counted, descriptor);
        return this.#countingOpen(socket);
      },
      dial: (...dialled) => transport.dial(...dialled),
      knock: (...knocked) => transport.knock(...knocked),
      relay: (...relayed) => transport.relay(...relayed),
    };
  }

  #countingOpen(socket: ListeningSocket): ListeningSocket {
    this.open += 1;
    let isOpen = true;
    const close = socket.close.bind(socket);
    socket.close = async (how) => {
      await close(how);
      this.open -= Number(isOpen);
      isOpen = false;
    };
    return socket;
  }
}

/** Clients that come one behind the other until it is over; a client that is not served makes it reject. */
function visiting(endpoint: Endpoint) {
  const visits = { served: 0, over: async () => 0 };
  let isOver = false;
  const going = (async () => {
    while (!isOver) {
      const client = await dialPeer(endpoint);
      client.send("x");
      await client.bytes(1);
      client.finish();
      expect(await client.outcome()).toBe("end");
      visits.served += 1;
    }
    return visits.served;
  })();
  visits.over = () => {
    isOver = true;
    return going;
  };
  return visits;
}
