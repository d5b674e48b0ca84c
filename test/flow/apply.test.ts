import { expect, test } from "vitest";
import type { BackendSettings } from "#lb/contract/backend";
import { MOST_BACKENDS } from "#lb/contract/backend";
import type { Endpoint } from "#lb/core/address";
import { plainBackend } from "../support/backends.ts";
import { blackHole } from "../support/dead-ends.ts";
import { fleet } from "../support/fleet.ts";
import { freePort } from "../support/free-port.ts";
import { lab, plainListener, plainPool } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";

test("a change of the configuration resets neither the turns nor the counts", async () => {
  await using servers = await fleet("1", "2", "3", "4");
  await using balancer = await lab({ backends: servers.members });
  const before = await balancer.served1by1(2);
  await balancer.apply({ backends: servers.members, connectTimeoutMs: 1_000, idleMs: 5_000 });
  expect(before + (await balancer.served1by1(3))).toBe("12341");
  expect(await balancer.numbers("connected")).toEqual({ 1: 2, 2: 1, 3: 1, 4: 1 });
});

test("a pool that was removed and comes back still counts the sessions that it left behind", async () => {
  await using servers = await fleet("a");
  const options = { backends: servers.members.map((each) => ({ ...each, maxConnections: 1 })) };
  await using balancer = await lab(options);
  const { client } = await balancer.served();
  await balancer.plane.apply({
    listeners: [],
    pools: [],
    clients: { default: undefined, list: [] },
  });
  await balancer.apply(options);
  const waiting = await balancer.client();
  await balancer.queued(1);
  client.reset();
  expect((await waiting.bytes(1)).toString()).toBe("a");
});

test("an operator's order resets neither the turns nor the counts", async () => {
  await using servers = await fleet("1", "2", "3", "4");
  await using balancer = await lab({ backends: servers.members });
  const before = await balancer.served1by1(2);
  await balancer.set("1", { state: "drain" });
  expect(before + (await balancer.served1by1(4))).toBe("123423");
  expect(await balancer.numbers("connected")).toEqual({ 1: 1, 2: 2, 3: 2, 4: 1 });
});

test("a backend that is added gets its share and no more, and the others keep their counts", async () => {
  await using servers = await fleet("a", "b", "c");
  await using balancer = await lab({ backends: servers.members.slice(0, 2) });
  await balancer.served1by1(10);
  await balancer.apply({ backends: servers.members });
  await balancer.served1by1(30);
  expect(await balancer.numbers("connected")).toEqual({ a: 15, b: 15, c: 10 });
});

test("least-connections knows after a change who is busy", async () => {
  await using servers = await fleet("a", "b", "c");
  const algorithm = "least-connections";
  await using balancer = await lab({ backends: servers.members.slice(0, 2), algorithm });
  for (let i = 0; i < 6; i++) await balancer.served();
  await balancer.apply({ backends: servers.members, algorithm });
  expect(await balancer.numbers("active")).toEqual({ a: 3, b: 3, c: 0 });
  for (let i = 0; i < 3; i++) expect((await balancer.served()).by).toBe("c");
});

test("a backend that is removed keeps its sessions, and they count on it when it returns", async () => {
  await using servers = await fleet("a", "b");
  await using balancer = await lab({ backends: servers.members, algorithm: "first" });
  await balancer.served();
  await balancer.served();
  await balancer.apply({ backends: servers.members.slice(1), algorithm: "first" });
  expect((await balancer.served()).by).toBe("b");
  expect(balancer.records).toEqual([]);
  await balancer.apply({ backends: servers.members, algorithm: "least-connections" });
  expect(await balancer.numbers("active")).toEqual({ a: 2, b: 1 });
  expect(await balancer.served1by1(1)).toBe("b");
});

test("a backend that is drained keeps its sessions and gets nothing new, and one in maint is never dialled", async () => {
  await using server = await backend(echo);
  await using other = await backend();
  const [a, b] = [
    { name: "a", endpoint: server.endpoint },
    { name: "b", endpoint: other.endpoint },
  ];
  await using balancer = await lab({ backends: [a, { ...b, state: "maint" }] });
  const kept = await balancer.client();
  kept.send("one");
  await kept.bytes(3);
  await balancer.set("a", { state: "drain" });
  const refused = await balancer.client();
  expect(await refused.outcome()).toBe("end");
  refused.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "no-backend", attempts: [] }]);
  kept.send("two");
  expect((await kept.bytes(6)).toString()).toBe("onetwo");
  expect(other.peers).toEqual([]);
});

test("a session that is dialling when the others are replaced dials the new one and not the removed", async () => {
  const clock = new ManualClock();
  await using hole = await blackHole();
  await using removed = await backend();
  await using added = await fleet("n");
  const backends = [hole.endpoint, removed.endpoint];
  await using balancer = await lab({ backends, algorithm: "first", clock });
  const client = await balancer.client();
  await balancer.leased();
  await balancer.apply({ backends: [hole.endpoint, ...added.members], algorithm: "first", clock });
  await clock.run(2_000);
  expect((await client.bytes(1)).toString()).toBe("n");
  expect(removed.peers).toEqual([]);
});

test("a listener that is removed stops accepting, and its sessions go on", async () => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint] });
  const kept = await balancer.client();
  const before = balancer.endpoint;
  await server.next();
  await balancer.apply({
    backends: [server.endpoint],
    endpoint: { kind: "tcp", host: "127.0.0.2", port: 0 },
  });
  await expect(dialPeer(before)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  kept.send("still served");
  expect((await kept.bytes(12)).toString()).toBe("still served");
  kept.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "done" }]);
});

test("samples tell of a listener that was removed for as long as it has sessions, so that they add up to all", async () => {
  await using server = await backend(echo);
  const backends = [server.endpoint];
  await using balancer = await lab({ backends });
  const { endpoint } = balancer;
  const kept = await balancer.client();
  await server.next();
  await balancer.apply({ backends, endpoint: { kind: "tcp", host: "127.0.0.2", port: 0 } });
  const other = await balancer.client();
  await server.next();
  expect((await balancer.plane.sample()).listeners).toMatchObject([
    { endpoint: balancer.endpoint, leaving: false, active: 1, sessions: 2 },
    { endpoint, leaving: true, active: 1, sessions: 0 },
  ]);
  kept.finish();
  await balancer.ended();
  expect((await balancer.plane.sample()).listeners).toMatchObject([{ leaving: false, active: 1 }]);
  other.finish();
});

test("an address that was given up can be listened on again at once", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members });
  const { endpoint } = balancer;
  await balancer.apply({ backends: servers.members, endpoint: { kind: "tcp", host: "127.0.0.2", port: 0 } });
  await balancer.apply({ backends: servers.members, endpoint });
  expect(balancer.endpoint).toEqual(endpoint);
  expect(await balancer.served1by1(1)).toBe("a");
});

test("a snapshot whose port is taken is refused, and changes nothing", async () => {
  await using servers = await fleet("a", "b");
  await using balancer = await lab({ backends: servers.members, algorithm: "first" });
  const taken = (servers.members[0] as { endpoint: Endpoint }).endpoint;
  const next = balancer.apply({ backends: servers.members.slice(1), endpoint: taken });
  await expect(next).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(await balancer.served1by1(2)).toBe("aa");
  expect(await balancer.numbers("connected")).toEqual({ a: 2, b: 0 });
});

test("a snapshot with more backends than there may be is refused however often it comes, and changes nothing", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members });
  const endpoint = { kind: "tcp", host: "127.0.0.2", port: 0 } as const;
  for (let i = 0; i < 5; i++) {
    const next = balancer.apply({ backends: many(MOST_BACKENDS + 1, 1), endpoint });
    await expect(next).rejects.toThrow("expected at most 16384 backends in all, got 16385");
  }
  expect((await balancer.plane.sample()).listeners).toHaveLength(1);
  expect(await balancer.served1by1(1)).toBe("a");
  await balancer.apply({ backends: many(MOST_BACKENDS, 1) });
});

test("as many backends as there may be are replaced by as many others, those in use included", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({
    backends: [...many(MOST_BACKENDS - 1, 1), ...servers.members],
    algorithm: "first",
  });
  const { members } = servers;
  await balancer.apply({ backends: [...members, ...many(MOST_BACKENDS - 1, 2)], algorithm: "first" });
  await balancer.served();
  await balancer.apply({ backends: many(MOST_BACKENDS, 3) });
  expect(Object.keys(await balancer.numbers("active"))).toContain("127.0.0.3:1");
});

test("a snapshot that is refused tells nothing of the backends that it brings", async () => {
  await using servers = await fleet("a");
  const [a] = servers.members as [Member];
  await using balancer = await lab({ backends: [a] });
  const pool = (name: string, backends: readonly Partial<BackendSettings>[]) => ({
    ...plainPool,
    name,
    backends: backends.map((each) => ({ ...plainBackend, ...a, ...each })),
  });
  const pools = [pool("main", [{}]), pool("new", [{ name: "m", state: "maint" }])];
  const apply = (endpoint: Endpoint) =>
    balancer.plane.apply({
      listeners: [plainListener, { ...plainListener, name: "second", endpoint, pool: "new" }],
      pools,
      clients: { default: undefined, list: [] },
    });
  await expect(apply(a.endpoint)).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect(await balancer.served1by1(1)).toBe("a");
  expect(balancer.changes).toEqual([]);
  await apply({ kind: "tcp", host: "127.0.0.2", port: 0 });
  expect(await balancer.served1by1(1)).toBe("a");
  expect(balancer.changes).toEqual(["m maint"]);
});

test("changes that come at once are applied one after the other", async () => {
  await using servers = await fleet("a", "b", "c");
  await using balancer = await lab({ backends: servers.members });
  const changes = servers.members.map((each) => balancer.apply({ backends: [each] }));
  await Promise.all(changes);
  expect(await balancer.served1by1(2)).toBe("cc");
});

type Member = { name: string; endpoint: Endpoint };

/** So many backends on one address that nobody listens on. */
function many(count: number, address: number): Endpoint[] {
  return Array.from({ length: count }, (_, n) => ({ kind: "tcp", host: `127.0.0.${address}`, port: n + 1 }));
}

test("a balancer that was closed applies nothing more", async () => {
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members });
  await balancer.plane.close({ graceMs: 0 });
  await expect(balancer.apply({ backends: servers.members })).rejects.toThrow("the balancer was closed");
});

test("a socket that was bound is closed again where something throws after that", async () => {
  await using balancer = await lab({ backends: [] });
  const endpoint = { kind: "tcp", host: "127.0.0.1", port: await freePort() } as const;
  const snapshot = {
    listeners: [{ ...plainListener, endpoint }],
    pools: [{ ...plainPool, backends: [] }],
    clients: { default: undefined, list: [null as never] },
  };
  await expect(balancer.plane.apply(snapshot)).rejects.toThrow(TypeError);
  await expect(dialPeer(endpoint)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
