import { expect, test } from "vitest";
import type { HistogramSample } from "#lb/contract/histogram";
import type { ListenerSample, PoolSample } from "#lb/contract/sample";
import { refusing } from "../support/dead-ends.ts";
import { fleet } from "../support/fleet.ts";
import { type Lab, lab, plainListener, plainPool } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo } from "../support/peer.ts";

const NO_CLIENTS = { default: undefined, list: [] };

test("a session counts once: accepted when it comes, and with its ending and its time when it is over", async () => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  client.send("hello");
  await client.bytes(5);
  expect(await listenerOf(balancer)).toMatchObject({ sessions: 1, active: 1, endings: {} });
  client.finish();
  await balancer.ended();
  const { sessions, endings, duration, bytesIn, bytesOut } = await listenerOf(balancer);
  expect({ sessions, endings, bytesIn, bytesOut }).toEqual({
    sessions: 1,
    endings: { done: 1 },
    bytesIn: 5,
    bytesOut: 5,
  });
  expect(observed(duration)).toBe(1);
  const { connect, firstByte } = await poolOf(balancer);
  expect([observed(connect), observed(firstByte)]).toEqual([1, 1]);
});

test("bytes count while a session lives, once a second at most, and never twice", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], clock });
  const client = await balancer.client();
  for (const round of [1, 2, 3]) {
    client.send("x".repeat(1_000));
    await client.bytes(round * 1_000);
    clock.advance(1_000);
    expect(await listenerOf(balancer)).toMatchObject({ bytesIn: round * 1_000, bytesOut: round * 1_000 });
  }
  client.finish();
  await balancer.ended();
  expect(await listenerOf(balancer)).toMatchObject({ bytesIn: 3_000, bytesOut: 3_000 });
});

test("a dial that fails counts with its word, and the one after it as a retry", async () => {
  await using server = await backend(echo);
  await using dead = await refusing();
  await using balancer = await lab({
    backends: [{ endpoint: dead.endpoint }, server.endpoint],
    algorithm: "first",
  });
  const client = await balancer.client();
  client.send("x");
  await client.bytes(1);
  const pool = await poolOf(balancer);
  expect(pool).toMatchObject({
    retries: 1,
    failed: 1,
    dialErrors: { "connect-refused": 1 },
    usable: 2,
    active: 1,
  });
  expect(observed(pool.connect)).toBe(1);
});

test("a session that waited for a place tells how long", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({
    backends: servers.members.map((each) => ({ ...each, maxConnections: 1 })),
  });
  const { client } = await balancer.served();
  const second = await balancer.client();
  await balancer.queued(1);
  expect(await poolOf(balancer)).toMatchObject({ queued: 1, queueMax: 1000, queueWait: { sumSec: 0 } });
  client.reset();
  await second.bytes(1);
  expect(observed((await poolOf(balancer)).queueWait)).toBe(1);
});

test("what a backend does wrong counts for it and for its pool, also once it is gone", async () => {
  await using server = await backend((peer) => peer.socket.once("data", () => peer.reset()));
  await using other = await backend(echo);
  const outlier = { failures: 1, ejectForMs: 60_000, maxEjected: 1, earlyMs: 10_000 };
  await using balancer = await lab({
    backends: [server.endpoint, other.endpoint],
    algorithm: "first",
    outlier,
  });
  const client = await balancer.client();
  client.send("x");
  await balancer.ended();
  expect(await poolOf(balancer)).toMatchObject({
    faults: 1,
    ejections: 1,
    backends: [
      { faults: 1, ejections: 1 },
      { faults: 0, ejections: 0 },
    ],
  });
  await balancer.apply({ backends: [other.endpoint], algorithm: "first", outlier });
  expect(await poolOf(balancer)).toMatchObject({ faults: 1, ejections: 1, backends: [{ faults: 0 }] });
});

test("a listener that moves to another address goes on counting, together with the sessions that it left", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members });
  const { client } = await balancer.served();
  const endpoint = { kind: "tcp", host: "127.0.0.2", port: 0 } as const;
  const pool = { ...plainPool, backends: [] };
  await balancer.plane.apply({
    listeners: [{ ...plainListener, endpoint }],
    pools: [pool],
    clients: NO_CLIENTS,
  });
  const during = (await balancer.plane.sample()).listeners;
  expect(during.map(({ name, leaving, active, sessions }) => ({ name, leaving, active, sessions }))).toEqual([
    { name: "main", leaving: false, active: 0, sessions: 1 },
    { name: "main", leaving: true, active: 1, sessions: 0 },
  ]);
  client.reset();
  await balancer.ended();
  expect(await listenerOf(balancer)).toMatchObject({
    leaving: false,
    sessions: 1,
    endings: { "client-reset": 1 },
  });
});

test("token buckets tell what they did, and those without a row of their own are added up", async () => {
  await using servers = await fleet("a");
  const entry = (id: string, address: string) => ({
    id,
    addresses: [address],
    capacity: 1,
    ratePerSec: 0.001,
  });
  const clients = { default: undefined, list: [entry("one", "127.0.0.3"), entry("two", "127.0.0.4")] };
  await using balancer = await lab({
    backends: servers.members,
    rateLimit: true,
    clients,
    clock: new ManualClock(),
  });
  for (const from of ["127.0.0.3", "127.0.0.4"]) await balancer.served(from);
  const refused = await balancer.client("127.0.0.4");
  expect(await refused.outcome()).toBe("end");
  expect(await balancer.plane.clientTotals(1)).toEqual({
    all: { accepted: 2, refused: 1 },
    first: [{ id: "one", tokens: 0, accepted: 1, refused: 0 }],
    rest: { entries: 1, tokens: 0 },
  });
});

async function listenerOf(balancer: Lab): Promise<ListenerSample> {
  return (await balancer.plane.sample()).listeners[0] as ListenerSample;
}

async function poolOf(balancer: Lab): Promise<PoolSample> {
  return (await balancer.plane.sample()).pools[0] as PoolSample;
}

function observed({ counts }: HistogramSample): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
