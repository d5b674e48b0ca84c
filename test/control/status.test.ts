import { expect, test } from "vitest";
import type { Verdict } from "#lb/contract/verdict";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { plainBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { type Fleet, fleet } from "../support/fleet.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { nameServiceOf } from "../support/name-service.ts";
import { steered } from "../support/steered.ts";

test("puts what is configured, what is wanted and what is found of a backend side by side, as plain JSON", async () => {
  await using servers = await fleet("a", "b");
  await using balancer = await steered(text(servers), systemClock);
  const startedMs = Date.now();
  await balancer.served1by1(2);
  const { client } = await balancer.served();
  await balancer.steering.setBackend("p", "b", { weight: 3, maxConnections: 7 });
  const status = await balancer.control.status();
  expect(JSON.parse(JSON.stringify(status))).toEqual(status);
  const [pool] = status.pools;
  expect(pool).toMatchObject({ name: "p", algorithm: "round-robin", queued: 0, active: 1 });
  const [a, b] = pool?.backends ?? [];
  const since = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(a).toEqual({
    name: "a",
    entry: "a",
    address: addressOf(servers, "a"),
    source: "file",
    configured: {
      name: "a",
      address: addressOf(servers, "a"),
      weight: 1,
      maxConnections: "off",
      backup: false,
      state: "ready",
    },
    administrative: {
      state: { value: "ready", source: "file", since, file: "ready" },
      weight: { value: 1, source: "file", since, file: 1 },
      maxConnections: { value: "off", source: "file", since, file: "off" },
    },
    operational: { value: "up", source: "start", since, reason: "nothing speaks against it" },
    unresolved: null,
    drainEnds: null,
    probe: null,
    active: 1,
    connected: 2,
    failed: 0,
    share: 1,
    fairShare: 0.25,
    answeredAgoMs: expect.any(Number),
  });
  expect(b).toMatchObject({
    administrative: {
      weight: { value: 3, source: "api", file: 1 },
      maxConnections: { value: 7, source: "api", file: "off" },
    },
    active: 0,
    share: 0,
    fairShare: 0.75,
  });
  expect(Date.parse(b?.administrative.weight.since ?? "")).toBeGreaterThanOrEqual(startedMs);
  expect(status.listeners).toMatchObject([{ name: "web", leaving: false, active: 1, sessions: 3 }]);
  client.reset();
});

test("tells what probes and dials found, since when and why", async () => {
  const clock = new ManualClock();
  await using servers = await fleet("a", "b");
  await using balancer = await steered(text(servers), clock);
  const [a, b] = servers.members.map(({ name: entry, endpoint }) => ({ pool: "p", entry, endpoint })) as [
    Omit<Verdict, "alive" | "reason">,
    Omit<Verdict, "alive" | "reason">,
  ];
  clock.advance(5_000);
  await balancer.plane.order({ kind: "verdict", ...a, alive: false, reason: "3 probes in a row failed" });
  clock.advance(5_000);
  await balancer.plane.order({ kind: "verdict", ...a, alive: false, reason: "again" });
  const time = (ms: number) => new Date(ms).toISOString();
  const found = async () =>
    (await balancer.control.status()).pools[0]?.backends.map((each) => each.operational);
  const untouched = { value: "up", source: "start", since: time(0), reason: "nothing speaks against it" };
  expect(await found()).toEqual([
    { value: "down", source: "probe", since: time(5_000), reason: "again" },
    untouched,
  ]);
  await balancer.plane.order({ kind: "verdict", ...a, alive: true, reason: "2 probes in a row passed" });
  expect((await found())?.[0]).toMatchObject({ value: "up", source: "probe", since: time(10_000) });
  await servers.stop("b");
  expect([(await balancer.served()).by, (await balancer.served()).by]).toEqual(["a", "a"]);
  expect(await found()).toEqual([
    { value: "up", source: "probe", since: time(10_000), reason: "2 probes in a row passed" },
    { value: "ejected", source: "dials", since: time(10_000), reason: "1 failed dial" },
  ]);
  await balancer.plane.order({ kind: "verdict", ...b, alive: false, reason: "a probe failed" });
  expect((await found())?.[1]).toMatchObject({ value: "down", source: "probe" });
});

test("lists the addresses of an entry one by one, and an entry whose name has none as it is wanted", async () => {
  const clock = new ManualClock();
  const nameService = nameServiceOf(async (name) => {
    if (name === "none.example") throw Object.assign(new Error("queryA ENOTFOUND"), { code: "ENOTFOUND" });
    return ["127.0.0.1", "127.0.0.2"];
  });
  const backends = `[{ name: web, address: "web.example:80" }, { name: gone, address: "none.example:80", backup: true }]`;
  await using balancer = await steered(pool(backends), clock, { nameService });
  await balancer.steering.setBackend("p", "web@127.0.0.2", { state: "drain" });
  const all = (await balancer.control.status()).pools[0]?.backends;
  expect(
    all?.map(({ name, entry, address, administrative: { state } }) => [name, entry, address, state.value]),
  ).toEqual([
    ["web@127.0.0.1", "web", "127.0.0.1:80", "ready"],
    ["web@127.0.0.2", "web", "127.0.0.2:80", "drain"],
    ["gone", "gone", null, "ready"],
  ]);
  expect(all?.map(({ fairShare }) => fairShare)).toEqual([1, 0, 0]);
  expect(all?.[2]).toMatchObject({
    configured: { address: "none.example:80", backup: true },
    operational: null,
    unresolved: expect.stringContaining("none.example"),
    answeredAgoMs: null,
  });
  expect(all?.[0]?.unresolved).toBeNull();
  await balancer.control.close(0);
  const last = (await balancer.control.status()).pools[0]?.backends.at(-1);
  expect(last?.unresolved).toBe("none.example is not looked up any more");
});

test("tells when a drain with a time ends, the last probe of each backend, and how many are usable", async () => {
  await using servers = await fleet("a", "b");
  const probed = text(servers).replace("health: { probe: off }", "health: { interval: 1h }");
  await using balancer = await steered(probed, systemClock);
  await balancer.steering.setBackend("p", "a", { state: "drain" }, { withinMs: 60_000 });
  const pool = async () => (await balancer.control.status()).pools[0];
  await eventually(async () => expect((await pool())?.backends[0]?.probe).not.toBeNull());
  const [drained, other] = (await pool())?.backends ?? [];
  const leftMs = Date.parse(drained?.drainEnds ?? "") - Date.now();
  expect(leftMs).toBeGreaterThan(50_000);
  expect(leftMs).toBeLessThanOrEqual(60_000);
  expect(drained?.probe).toMatchObject({ failure: null, at: expect.stringMatching(/^20/) });
  expect(other?.drainEnds).toBeNull();
  expect((await pool())?.usable).toBe(1);
  expect((await balancer.control.status()).listeners[0]).toMatchObject({ pool: "p" });
});

test("tells of a backend that the API added that no file has it", async () => {
  await using servers = await fleet("z");
  await using balancer = await steered(pool("[]"), systemClock);
  const [z] = servers.members;
  await balancer.steering.addBackend("p", {
    ...plainBackend,
    name: "z",
    address: z?.endpoint as Endpoint,
    weight: 2,
  });
  const [added] = (await balancer.control.status()).pools[0]?.backends ?? [];
  expect(added).toMatchObject({
    source: "api",
    configured: { weight: 2 },
    administrative: { weight: { value: 2, source: "api", file: null }, state: { file: null } },
    answeredAgoMs: null,
  });
});

function text(servers: Fleet): string {
  const entries = servers.members.map(
    ({ name }) => `{ name: ${name}, address: "${addressOf(servers, name)}" }`,
  );
  return pool(`[${entries.join(", ")}]`);
}

function pool(backends: string): string {
  return `listeners: [{ name: web, listen: "127.0.0.1:0", pool: p }]
pools: { p: { health: { probe: off }, outlier: { failures: 1 }, backends: ${backends} } }`;
}

function addressOf(servers: Fleet, name: string): string {
  return formatEndpoint(servers.members.find((each) => each.name === name)?.endpoint as Endpoint);
}
