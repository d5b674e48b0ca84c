import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BackendSettings } from "#lb/contract/backend";
import { seededDice } from "#lb/core/dice";
import { blackHole } from "../support/dead-ends.ts";
import { fleet, politeFleet } from "../support/fleet.ts";
import { type Lab, lab, type Member } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo, type Peer } from "../support/peer.ts";
import { unixBackend } from "../support/unix-backend.ts";

test("never holds more sessions on a backend than it may have, and all that wait are served in time", async () => {
  let open = 0;
  let most = 0;
  await using server = await backend((peer) => {
    open += 1;
    most = Math.max(most, open);
    peer.socket.once("end", () => {
      open -= 1;
    });
    echo(peer);
  });
  await using balancer = await lab({ backends: [{ endpoint: server.endpoint, maxConnections: 3 }] });
  const clients = await Promise.all(Array.from({ length: 30 }, () => balancer.client()));
  await balancer.queued(27);
  await Promise.all(clients.map(askAndLeave));
  expect(most).toBe(3);
  const records = await balancer.ended(30);
  expect(records.filter(({ ending }) => ending === "done")).toHaveLength(30);
  expect(records.filter(({ queuedMs }) => queuedMs > 0)).toHaveLength(27);
});

test("serves the first that waits when a place is free, and the others in their order", async () => {
  await using full = await fullLab();
  const waiting = await full.wait(3);
  for (const next of waiting) {
    full.leave();
    await next.bytes(1);
    full.holder = next;
  }
  expect(full.balancer.records.map(({ ending }) => ending)).toEqual(Array(3).fill("client-reset"));
});

test("a newcomer overtakes nobody who waits", async () => {
  await using full = await fullLab();
  const [waiting] = (await full.wait(1)) as [Peer];
  full.leave();
  const newcomer = await full.balancer.client();
  await waiting.bytes(1);
  await full.balancer.queued(1);
  expect(newcomer.length).toBe(0);
});

test("whoever has tried a backend leaves the place there to others, and keeps its own turn", async () => {
  await using late = await unixBackend((peer) => peer.send("l"));
  await using servers = await fleet("b");
  const [b] = servers.members as [Member];
  const backends = [
    { name: "late", endpoint: late.endpoint },
    { ...b, maxConnections: 1 },
  ];
  await using balancer = await lab({ backends, algorithm: "first" });
  const holder = await balancer.served();
  const waiting = await balancer.client();
  await balancer.queued(1);
  await late.open();
  expect([holder.by, (await balancer.served()).by]).toEqual(["b", "l"]);
  await balancer.queued(1);
  holder.client.reset();
  expect((await waiting.bytes(1)).toString()).toBe("b");
});

test.each([
  ["comes up", (balancer: Lab) => balancer.verdict("spare", true)],
  ["is made ready", (balancer: Lab) => order(balancer, "spare", { state: "ready" })],
  ["gets a weight", (balancer: Lab) => order(balancer, "spare", { weight: 1 })],
  ["may have more", (balancer: Lab) => order(balancer, "a", { maxConnections: 2 })],
])("a backend that %s serves whom it can of those that wait", async (what, change) => {
  await using servers = await fleet("a", "s");
  const [a, spare] = servers.members as [Member, Member];
  const backends = [
    { ...a, maxConnections: 1 },
    { ...spare, name: "spare", maxConnections: 1 },
  ];
  await using balancer = await lab({ backends });
  await balancer.verdict("spare", what !== "comes up");
  if (what !== "comes up")
    await order(balancer, "spare", what === "gets a weight" ? { weight: 0 } : { state: "drain" });
  expect((await balancer.served()).by).toBe("a");
  const first = await balancer.client();
  await balancer.queued(1);
  await balancer.client();
  await balancer.queued(2);
  await change(balancer);
  expect((await first.bytes(1)).toString()).toBe(what === "may have more" ? "a" : "s");
  await balancer.queued(1);
});

test("a backend that is added serves those that wait", async () => {
  await using servers = await fleet("a", "b");
  const backends = servers.members.map((each) => ({ ...each, maxConnections: 1 }));
  await using balancer = await lab({ backends: backends.slice(0, 1) });
  await balancer.served();
  const waiting = await balancer.client();
  await balancer.queued(1);
  await balancer.apply({ backends });
  expect((await waiting.bytes(1)).toString()).toBe("b");
});

test.each([
  [
    "goes down",
    (balancer: Lab) => balancer.verdict("a", false),
    (balancer: Lab) => balancer.verdict("a", true),
  ],
  [
    "is put in maintenance",
    (balancer: Lab) => order(balancer, "a", { state: "maint" }),
    (balancer: Lab) => order(balancer, "a", { state: "ready" }),
  ],
  [
    "is taken out of the file",
    (balancer: Lab) => balancer.apply({ backends: [] }),
    (balancer: Lab, backends: Member[]) => balancer.apply({ backends }),
  ],
])(
  "who waits when the last backend %s waits on for its return, and who comes then is refused at once",
  async (_, leave, comeBack) => {
    await using full = await fullLab();
    const { balancer, backends } = full;
    const [waiting] = (await full.wait(1)) as [Peer];
    await leave(balancer);
    const newcomer = await balancer.client();
    expect(await newcomer.outcome()).toBe("end");
    newcomer.finish();
    full.leave();
    const records = await balancer.ended(2);
    expect(records.map(({ ending }) => ending).sort()).toEqual(["client-reset", "no-backend"]);
    await balancer.queued(1);
    await comeBack(balancer, backends);
    await waiting.bytes(1);
  },
);

test.each([0, 1])("refuses at once where %i may wait and one more comes", async (max) => {
  await using full = await fullLab({ queue: { max, timeoutMs: 5_000 } });
  await full.wait(max);
  const client = await full.balancer.client();
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(await full.balancer.ended(1)).toMatchObject([{ ending: "queue-full", queuedMs: 0, attempts: [] }]);
});

test("ends who has waited for the queue's timeout, and not before", async () => {
  const clock = new ManualClock();
  await using full = await fullLab({ queue: { max: 10, timeoutMs: 5_000 }, clock });
  const [client] = (await full.wait(1)) as [Peer];
  await clock.run(4_999);
  expect(full.balancer.records).toEqual([]);
  await clock.run(1);
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(await full.balancer.ended()).toMatchObject([
    { ending: "queue-timeout", queuedMs: 5_000, backend: null, attempts: [] },
  ]);
});

test("tells in the record how long it waited", async () => {
  const clock = new ManualClock();
  await using full = await fullLab({ clock });
  const [client] = (await full.wait(1)) as [Peer];
  await clock.run(1_234);
  full.leave();
  await client.bytes(1);
  client.reset();
  expect((await full.balancer.ended(2))[1]).toMatchObject({ ending: "client-reset", queuedMs: 1_234 });
});

test.each([
  ["resets", (client: Peer) => client.reset()],
  ["finishes without having sent a byte", (client: Peer) => client.finish()],
])("gives the turn of a client that %s to the next", async (_, leave) => {
  await using full = await fullLab();
  const [gone, next] = (await full.wait(2)) as [Peer, Peer];
  leave(gone);
  expect(await full.balancer.ended()).toMatchObject([{ ending: "client-gone", backend: null, attempts: [] }]);
  await full.balancer.queued(1);
  full.leave();
  await next.bytes(1);
});

test("gives the turn of a client that has sent its request, finished, and then broken off to the next", async () => {
  const clock = new ManualClock();
  await using full = await fullLab({ clock });
  const [gone, next] = (await full.wait(2)) as [Peer, Peer];
  gone.send("request");
  gone.finish();
  await clock.run(3_000);
  await full.balancer.queued(2);
  gone.reset();
  await once(gone.socket, "close");
  await clock.run(1_000);
  expect(await full.balancer.ended()).toMatchObject([{ ending: "client-gone", backend: null, attempts: [] }]);
  full.leave();
  await next.bytes(1);
});

test("serves a client on a unix socket that has sent its request and left while it waited", async () => {
  const clock = new ManualClock();
  const path = join(await mkdtemp(join(tmpdir(), "queue-")), "lb");
  await using server = await backend();
  const backends = [{ endpoint: server.endpoint, maxConnections: 1 }];
  await using balancer = await lab({ endpoint: { kind: "unix", path }, backends, clock });
  const holder = await balancer.client();
  const held = await server.next();
  const sender = await balancer.client();
  sender.send("fire and forget");
  await balancer.queued(1);
  sender.socket.destroySoon();
  await clock.run(3_000);
  holder.finish();
  held.finish();
  const served = await server.next();
  expect((await served.bytes(15)).toString()).toBe("fire and forget");
  served.finish();
  expect((await balancer.ended(2))[1]).toMatchObject({ bytesIn: 15, ending: "done" });
});

test("serves a client that has sent its request and finished while it waited", async () => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [{ endpoint: server.endpoint, maxConnections: 1 }] });
  const holder = await balancer.client();
  await balancer.leased();
  const waiting = await balancer.client();
  waiting.send("request");
  waiting.finish();
  await balancer.queued(1);
  holder.reset();
  expect(await waiting.outcome()).toBe("end");
  expect(waiting.text).toBe("request");
});

test("a place whose dial failed goes to the next that waits", async () => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  await using balancer = await lab({ backends: [{ endpoint: hole.endpoint, maxConnections: 1 }], clock });
  const first = await balancer.client();
  await balancer.leased();
  const second = await balancer.client();
  await balancer.queued(1);
  await clock.run(2_000);
  await balancer.queued(0);
  await balancer.leased();
  await clock.run(2_000);
  for (const client of [first, second]) {
    await client.outcome();
    client.finish();
  }
  expect((await balancer.ended(2)).map(({ ending, queuedMs }) => [ending, queuedMs])).toEqual([
    ["connect-timeout", 0],
    ["connect-timeout", 2_000],
  ]);
});

test.each([false, true])(
  "loses no place where holder and waiter leave in the same moment (waiter first: %s)",
  async (waiterFirst) => {
    await using full = await fullLab();
    for (let round = 0; round < 20; round++) {
      const before = full.balancer.records.length;
      const [waiting] = (await full.wait(1)) as [Peer];
      const both = [full.holder, waiting];
      for (const peer of waiterFirst ? both.reverse() : both) peer.reset();
      await full.balancer.ended(before + 2);
      full.holder = (await full.balancer.served()).client;
    }
    expect(await full.balancer.numbers("active")).toEqual({ a: 1 });
  },
);

test("without half-close, a client's end frees the backend's place though the backend goes on", async () => {
  await using server = await backend((peer) => peer.socket.on("data", () => peer.send("a")));
  const backends = [{ endpoint: server.endpoint, maxConnections: 1 }];
  const clock = new ManualClock();
  await using balancer = await lab({ backends, halfClose: false, clock });
  const first = await balancer.client();
  first.send("x");
  await first.bytes(1);
  const second = await balancer.client();
  second.send("x");
  await balancer.queued(1);
  first.finish();
  expect((await second.bytes(1)).toString()).toBe("a");
});

test("a random coming and going leaks no place and forgets nobody", async () => {
  await using servers = await politeFleet("a", "b");
  const backends = servers.members.map((each) => ({ ...each, maxConnections: 2 }));
  await using balancer = await lab({
    backends,
    queue: { max: 5, timeoutMs: 5_000 },
    algorithm: "least-connections",
  });
  const dice = seededDice(21);
  let here: Peer[] = [];
  for (let step = 0; step < 150; step++) {
    if (dice() < 0.55) here.push(await balancer.client());
    const [left] = here.splice(Math.floor(dice() * here.length), 1);
    if (dice() < 0.5) left?.reset();
    else left?.finish();
    const { a, b } = await balancer.numbers("active");
    expect(Math.max(a as number, b as number)).toBeLessThanOrEqual(2);
  }
  for (const peer of here) peer.reset();
  here = [];
  await balancer.ended(balancer.clients.length);
  const last = await Promise.all(Array.from({ length: 4 }, () => balancer.served()));
  expect(last.map(({ by }) => by).sort()).toEqual(["a", "a", "b", "b"]);
});

/** A balancer whose only backend has one place, which is taken. */
async function fullLab(more: Partial<Parameters<typeof lab>[0]> = {}) {
  const servers = await fleet("a");
  const backends = servers.members.map((each) => ({ ...each, maxConnections: 1 }));
  const balancer = await lab({ backends, ...more });
  const { client } = await balancer.served();
  return {
    balancer,
    backends,
    holder: client,
    leave(): void {
      this.holder.reset();
    },
    /** Clients that wait, one behind the other. */
    async wait(count: number): Promise<Peer[]> {
      const waiting: Peer[] = [];
      while (waiting.length < count) {
        waiting.push(await balancer.client());
        await balancer.queued(waiting.length);
      }
      return waiting;
    },
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await servers[Symbol.asyncDispose]();
    },
  };
}

async function askAndLeave(client: Peer): Promise<void> {
  client.send("?");
  await client.bytes(1);
  client.finish();
  expect(await client.outcome()).toBe("end");
}

async function order(balancer: Lab, backendName: string, values: Partial<BackendSettings>): Promise<void> {
  await balancer.set(backendName, values);
}
