import { expect, test } from "vitest";
import { systemClock } from "#lb/core/clock";
import { DialError, type Dialling, type Transport } from "#lb/transport/transport";
import { blackHole, refusing } from "../support/dead-ends.ts";
import { fleet } from "../support/fleet.ts";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo } from "../support/peer.ts";
import { testTransport } from "../support/transport.ts";

test("ends a client at once whose only backend refuses", async () => {
  await using dead = await refusing();
  await using balancer = await lab({ backends: [dead.endpoint] });
  const client = await balancer.client();
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(await balancer.ended()).toMatchObject([
    { ending: "connect-refused", backend: null, connectMs: null, attempts: [{ error: "connect-refused" }] },
  ]);
  expect(Object.values(await balancer.numbers("failed"))).toEqual([1]);
});

test("gives a backend that does not answer up after the connect timeout, and not before", async () => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  await using balancer = await lab({ backends: [hole.endpoint], connectTimeoutMs: 2_000, clock });
  const client = await balancer.client();
  await balancer.leased();
  await clock.run(1_999);
  expect(balancer.records).toEqual([]);
  await clock.run(1);
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(await balancer.ended()).toMatchObject([
    { ending: "connect-timeout", attempts: [{ ms: 2_000, error: "connect-timeout" }] },
  ]);
});

test.each([
  ["resets", (client: { reset(): void }) => client.reset(), true],
  ["finishes without having sent a byte", (client: { finish(): void }) => client.finish(), true],
] as const)(
  "gives the dial up at once when the client %s, and dials no other",
  async (_, leave, halfClose) => {
    const clock = new ManualClock();
    await using hole = await blackHole();
    await using other = await backend();
    const backends = [hole.endpoint, other.endpoint];
    await using balancer = await lab({ backends, algorithm: "first", halfClose, clock });
    const client = await balancer.client();
    await balancer.leased();
    leave(client);
    await client.outcome();
    expect(await balancer.ended()).toMatchObject([
      { ending: "client-gone", backend: null, attempts: [{ error: "client-gone" }] },
    ]);
    await clock.run(10_000);
    expect(other.peers).toEqual([]);
    expect(Object.values(await balancer.numbers("failed"))).toEqual([0, 0]);
  },
);

test("without half-close, a client that has sent its request and finished while being dialled is gone", async () => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  await using balancer = await lab({ backends: [hole.endpoint], halfClose: false, clock });
  const client = await balancer.client();
  await balancer.leased();
  client.send("request");
  client.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "client-gone", bytesIn: 7 }]);
});

test("serves a client that has sent its request and finished while being dialled", async () => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  await using server = await backend(echo);
  const backends = [hole.endpoint, server.endpoint];
  await using balancer = await lab({ backends, algorithm: "first", connectTimeoutMs: 2_000, clock });
  const client = await balancer.client();
  client.send("request");
  client.finish();
  await balancer.leased();
  await clock.run(2_000);
  expect(await client.outcome()).toBe("end");
  expect(client.text).toBe("request");
  expect(await balancer.ended()).toMatchObject([
    { ending: "done", attempts: [{ error: "connect-timeout" }, { ms: expect.any(Number) }] },
  ]);
});

test("tries as many backends as it has attempts, each once", async () => {
  await using one = await refusing();
  await using two = await refusing();
  await using server = await backend(echo);
  const members = [one.endpoint, two.endpoint, server.endpoint].map((endpoint, i) => ({
    name: `b${i}`,
    endpoint,
  }));
  await using balancer = await lab({ backends: members, algorithm: "first", attempts: 3 });
  const client = await balancer.client();
  client.send("served");
  await client.bytes(6);
  client.reset();
  const [record] = await balancer.ended();
  expect(record?.attempts.map(({ backend }) => backend)).toEqual(["b0", "b1", "b2"]);
});

test("never dials more than its attempts, though another backend lives", async () => {
  await using one = await refusing();
  await using two = await refusing();
  await using server = await backend(echo);
  const backends = [one.endpoint, two.endpoint, server.endpoint];
  await using balancer = await lab({ backends, algorithm: "first", attempts: 2 });
  const client = await balancer.client();
  expect(await client.outcome()).toBe("end");
  client.finish();
  const [record] = await balancer.ended();
  expect(record?.ending).toBe("connect-refused");
  expect(record?.attempts).toHaveLength(2);
  expect(server.peers).toEqual([]);
});

test("never tries the same backend twice, however many attempts are left", async () => {
  await using one = await refusing();
  await using two = await refusing();
  await using balancer = await lab({ backends: [one.endpoint, two.endpoint], attempts: 10 });
  const client = await balancer.client();
  await client.outcome();
  client.finish();
  const [record] = await balancer.ended();
  expect(new Set(record?.attempts.map(({ address }) => address)).size).toBe(2);
  expect(record?.attempts).toHaveLength(2);
});

test("spreads a dead backend's share evenly over the others, and no client notices", async () => {
  await using dead = await refusing();
  await using live = await fleet("a", "b");
  await using balancer = await lab({
    backends: [{ name: "dead", endpoint: dead.endpoint }, ...live.members],
  });
  const clients = await Promise.all(Array.from({ length: 30 }, () => balancer.served()));
  expect(clients.filter(({ by }) => by === "a")).toHaveLength(15);
  expect(await balancer.numbers("connected")).toEqual({ dead: 0, a: 15, b: 15 });
});

test("never blames a backend for this machine's own shortage, and does not try another", async () => {
  await using server = await backend();
  await using balancer = await lab({
    backends: [server.endpoint, { name: "other", endpoint: server.endpoint }],
    transport: without("EADDRNOTAVAIL"),
  });
  const client = await balancer.client();
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(await balancer.ended()).toMatchObject([
    { ending: "connect-failed", attempts: [{ error: "connect-failed" }] },
  ]);
  expect(Object.values(await balancer.numbers("failed"))).toEqual([0, 0]);
  expect(server.peers).toEqual([]);
});

test("spends its budget on the retries it makes, and dials no second backend once it is spent", async () => {
  await using dead = await refusing();
  await using servers = await fleet("a");
  const backends = [{ name: "dead", endpoint: dead.endpoint }, ...servers.members];
  const budget = { attempts: 2, retryBudget: { share: 0, min: 3 } };
  await using balancer = await lab({ backends, algorithm: "first", clock: new ManualClock(), ...budget });
  expect(await balancer.served1by1(3)).toBe("aaa");
  const client = await balancer.client();
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect((await balancer.ended(4))[3]).toMatchObject({
    ending: "connect-refused",
    attempts: [{ backend: "dead" }],
  });
});

test("spends nothing of its budget on a retry that finds no place", async () => {
  await using dead = await refusing();
  await using servers = await fleet("a");
  const backends = [
    { name: "dead", endpoint: dead.endpoint },
    ...servers.members.map((each) => ({ ...each, maxConnections: 1 })),
  ];
  const budget = { queue: { max: 0, timeoutMs: 1 }, retryBudget: { share: 0, min: 2 } };
  await using balancer = await lab({ backends, algorithm: "first", clock: new ManualClock(), ...budget });
  const { client: holds } = await balancer.served();
  for (let i = 1; i <= 3; i++) {
    const refused = await balancer.client();
    expect(await refused.outcome()).toBe("end");
    refused.finish();
    expect((await balancer.ended(i)).at(-1)).toMatchObject({ ending: "queue-full" });
  }
  holds.reset();
  await balancer.ended(4);
  expect((await balancer.served()).by).toBe("a");
});

test("those who wait for a place to retry on spend no more than the budget all together", async () => {
  await using dead = await refusing();
  await using servers = await fleet("a");
  const backends = [
    { name: "dead", endpoint: dead.endpoint },
    ...servers.members.map((each) => ({ ...each, maxConnections: 1 })),
  ];
  const retryBudget = { share: 0, min: 2 };
  await using balancer = await lab({
    backends,
    algorithm: "first",
    clock: new ManualClock(),
    retryBudget,
  });
  const { client: holds } = await balancer.served();
  const [served, refused] = [await balancer.client(), await balancer.client()];
  await balancer.queued(2);
  holds.reset();
  await served.bytes(1);
  served.reset();
  expect(await refused.outcome()).toBe("end");
  refused.finish();
  expect((await balancer.ended(3)).at(-1)).toMatchObject({
    ending: "connect-refused",
    attempts: [{ backend: "dead" }],
  });
});

/** Real sockets on a machine that has run out of something, so that no dial succeeds. */
function without(code: string): Transport {
  const sockets = testTransport(systemClock);
  return {
    knock: () => Promise.reject(new DialError("local", code)),
    listen: (endpoint, accepted) => sockets.listen(endpoint, accepted),
    relay: (client, upstream, options) => sockets.relay(client, upstream, options),
    dial: (): Dialling => ({ connection: Promise.reject(new DialError("local", code)), cancel() {} }),
  };
}
