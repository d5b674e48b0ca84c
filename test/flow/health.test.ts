import { expect, test } from "vitest";
import type { AdministrativeState } from "#lb/contract/backend";
import type { Outcome } from "#lb/contract/order";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { Deferred } from "#lb/core/deferred";
import { systemDice } from "#lb/core/dice";
import { HealthChecker } from "#lb/health/checker";
import type { HealthSettings, ProbeSettings } from "#lb/health/settings";
import { encodeHeader } from "#lb/proxy-protocol/encode";
import { addresses } from "../proxy-protocol/headers.ts";
import { configuredBalancer } from "../support/balancer-process.ts";
import { blackHole, refusing } from "../support/dead-ends.ts";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { fleet } from "../support/fleet.ts";
import { type Lab, lab, type Member } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, dialPeer, type Peer } from "../support/peer.ts";
import { steered } from "../support/steered.ts";
import { testTransport } from "../support/transport.ts";
import { unixBackend } from "../support/unix-backend.ts";

const LINE: ProbeSettings = { kind: "line", send: "ping\n", expect: "pong" };

test("a backend that dies is left alone until it is back, and both is told once", async () => {
  await using mortal = await unixBackend((peer) => peer.send("m"));
  await using servers = await fleet("b");
  await mortal.open();
  const backends = [{ name: "mortal", endpoint: mortal.endpoint }, ...servers.members];
  await using balancer = await lab({ backends, algorithm: "first" });
  using _checker = checked(balancer, backends);
  expect((await balancer.served()).by).toBe("m");
  await mortal.stop();
  await operational(balancer, "mortal", "down");
  expect((await balancer.served()).by).toBe("b");
  expect(await balancer.numbers("failed")).toEqual({ mortal: 0, b: 0 });
  await mortal.open();
  await operational(balancer, "mortal", "up");
  expect((await balancer.served()).by).toBe("m");
  expect(balancer.changes).toEqual(["mortal down", "mortal up"]);
  expect(balancer.reports).toMatchObject([
    { reason: "3 probes in a row failed: connect: refused (ENOENT)" },
    { reason: "2 probes in a row passed", lastedMs: expect.any(Number) },
  ]);
});

/** Has a program see that it is probed by `tcp`: it is told the header. */
const SEEN = "sendProxy: v1";

test("probes are no sessions and count on no backend", async () => {
  await using server = await backend();
  const backends = [{ name: "a", endpoint: server.endpoint }];
  await using balancer = await lab({ backends });
  using _checker = checked(balancer, backends, {}, () => {}, "v1");
  for (let i = 0; i < 3; i++) expect(await (await server.next()).outcome()).toBe("end");
  expect(await balancer.numbers("connected")).toEqual({ a: 0 });
  expect((await balancer.plane.sample()).listeners[0]?.sessions).toBe(0);
});

test.each([
  ["answers wrongly", "pang\n"],
  ["is silent", ""],
])("a backend that %s is down, and up as soon as it answers as it should", async (_, wrong) => {
  const says = { answer: wrong };
  await using server = await backend((peer) => peer.socket.on("data", () => peer.send(says.answer)));
  const backends = [{ name: "a", endpoint: server.endpoint }];
  await using balancer = await lab({ backends });
  using _checker = checked(balancer, backends, { probe: LINE, timeoutMs: 50 });
  await operational(balancer, "a", "down");
  says.answer = "pong a\n";
  await operational(balancer, "a", "up");
});

test("with all backends down each client is refused, loudly, and the first recovery serves again", async () => {
  const clock = new ManualClock();
  await using servers = await fleet("a", "b");
  await using balancer = await lab({ backends: servers.members, clock });
  for (const { name } of servers.members) await balancer.verdict(name, false);
  for (let i = 1; i <= 5; i++) {
    const client = await balancer.client();
    expect(await client.outcome()).toBe("end");
    client.finish();
    await balancer.ended(i);
  }
  expect(balancer.records.map(({ ending }) => ending)).toEqual(Array(5).fill("no-backend"));
  await clock.run(1_000);
  const alarms = balancer.reports.filter(({ kind }) => kind === "no-backend");
  expect(alarms).toEqual([
    { kind: "no-backend", pool: "main", sessions: 1 },
    { kind: "no-backend", pool: "main", sessions: 4 },
  ]);
  expect((await balancer.plane.sample()).listeners[0]?.endings).toEqual({ "no-backend": 5 });
  await balancer.verdict("b", true);
  expect((await balancer.served()).by).toBe("b");
});

test("sessions that are left of a removed pool are told of no more often than before", async () => {
  const clock = new ManualClock();
  const acceptProxy = { from: ["127.0.0.1"], timeoutMs: 60_000 };
  await using balancer = await lab({ backends: [], acceptProxy, clock });
  const clients = [await balancer.client(), await balancer.client(), await balancer.client()];
  const identify = async (client: Peer, nth: number) => {
    client.send(encodeHeader("v1", addresses));
    expect(await client.outcome()).toBe("end");
    client.finish();
    await balancer.ended(nth);
  };
  await balancer.when("three sessions", ({ listeners }) => listeners[0]?.active === 3);
  await identify(clients[0] as Peer, 1);
  await balancer.plane.apply({
    listeners: [],
    pools: [],
    clients: { default: undefined, list: [] },
  });
  await identify(clients[1] as Peer, 2);
  await identify(clients[2] as Peer, 3);
  await clock.run(1_000);
  expect(balancer.reports).toMatchObject([{ sessions: 1 }, { sessions: 2 }]);
});

test("a backend that an order puts in maintenance is not probed, through reloads too, until an order takes it out", async () => {
  const clock = new ManualClock();
  await using server = await backend();
  const address = formatEndpoint(server.endpoint);
  const text = (interval: string) => `
    listeners: [{ listen: "127.0.0.1:0", pool: p }]
    pools: { p: { ${SEEN}, health: { interval: ${interval} }, backends: [{ name: a, address: "${address}" }] } }`;
  await using balancer = await steered(text("2s"), clock);
  const order = (state: AdministrativeState) => balancer.control.steering.setBackend("p", "a", { state });
  await server.next();
  await order("maint");
  await clock.run(60_000);
  await balancer.reload(text("1s"));
  await clock.run(60_000);
  expect(server.peers).toHaveLength(1);
  await order("ready");
  await server.next();
});

test("a backend that the file has in maintenance is probed once an order makes it ready", async () => {
  await using server = await backend();
  const address = formatEndpoint(server.endpoint);
  await using balancer = await steered(
    `listeners: [{ listen: "127.0.0.1:0", pool: p }]
pools: { p: { ${SEEN}, backends: [{ name: a, address: "${address}", state: maint }] } }`,
    new ManualClock(),
  );
  await balancer.control.steering.setBackend("p", "a", { state: "ready" });
  await server.next();
});

test("probes come from where sessions come from", async () => {
  const clock = new ManualClock();
  await using server = await backend();
  const text = (localAddress: string) => `
    listeners: [{ listen: "127.0.0.1:0", pool: p }]
    pools: { p: { ${SEEN}, localAddress: "${localAddress}", backends: [{ address: "${formatEndpoint(server.endpoint)}" }] } }`;
  await using balancer = await steered(text("127.0.0.2"), clock);
  expect((await server.next()).socket.remoteAddress).toBe("127.0.0.2");
  await balancer.reload(text("127.0.0.3"));
  await clock.run(2_200);
  expect((await server.next()).socket.remoteAddress).toBe("127.0.0.3");
});

test("http probes ask a backend for the host that the file calls it by", async () => {
  await using server = await backend();
  const written = formatEndpoint(server.endpoint).replace("127.0.0.1", "localhost");
  await using _balancer = await steered(
    `listeners: [{ listen: "127.0.0.1:0", pool: p }]
pools: { p: { health: { probe: http }, backends: [{ address: "${written}" }] } }`,
    systemClock,
  );
  const head = `GET / HTTP/1.1\r\nHost: ${written}\r\n`;
  expect((await (await server.next()).bytes(head.length)).subarray(0, head.length).toString()).toBe(head);
});

test("another port is probed for the backend: without a PROXY header, under that port's name", async () => {
  await using server = await backend((peer) => peer.send("b"));
  await using status = await backend((peer) =>
    peer.socket.once("data", () => peer.send("HTTP/1.1 503 x\r\n")),
  );
  const [port, address] = [portOf(status.endpoint), formatEndpoint(server.endpoint)];
  await using balancer = await steered(
    `listeners: [{ listen: "127.0.0.1:0", pool: p }]
pools:
  p:
    sendProxy: v1
    health: { probe: http, port: ${port}, path: /primary }
    backends: [{ name: a, address: "${address}" }, { name: u, address: "unix:/nowhere" }]`,
    systemClock,
  );
  const head = `GET /primary HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`;
  expect((await (await status.next()).bytes(head.length)).subarray(0, head.length).toString()).toBe(head);
  await eventually(() => expect(balancer.log.reported).toHaveLength(2));
  const reasons = balancer.log.reported.map(
    (each) => each.kind === "backend" && `${each.backend}: ${each.reason}`,
  );
  expect(reasons.sort()).toEqual([
    "a: 1 probe failed: expected a status from 200 to 399, got 503",
    "u: 1 probe failed: connect: refused (ENOENT)",
  ]);
  expect(server.peers).toHaveLength(0);
});

test("a backend that answered a session within the interval is not probed by tcp, and is again afterwards", async () => {
  const clock = new ManualClock();
  await using server = await backend((peer) => peer.send("a"));
  await using balancer = await steered(
    `listeners: [{ listen: "127.0.0.1:0", pool: p }]
pools: { p: { ${SEEN}, backends: [{ name: a, address: "${formatEndpoint(server.endpoint)}" }] } }`,
    clock,
  );
  await server.next();
  const { listeners } = await balancer.plane.sample();
  for (let sessions = 1; sessions <= 5; sessions++) {
    const client = await dialPeer(listeners[0]?.endpoint as Endpoint);
    await client.bytes(1);
    client.reset();
    await clock.run(1_500);
    expect(server.peers).toHaveLength(1 + sessions);
  }
  await clock.run(1_000);
  expect(server.peers).toHaveLength(7);
});

test("four hundred addresses that answer nothing delay no verdict on a backend elsewhere", async () => {
  await using hole = await blackHole();
  await using mortal = await unixBackend((peer) => peer.send("m"));
  await mortal.open();
  const holes = Array.from(
    { length: 400 },
    (_, n) => `{ name: h${n}, address: "${formatEndpoint(hole.endpoint)}" }`,
  );
  await using balancer = await steered(
    `listeners: [{ listen: "127.0.0.1:0", pool: q }]
pools:
  p: { backends: [${holes}] }
  q:
    health: { interval: 100ms, timeout: 100ms }
    backends: [{ name: mortal, address: "${formatEndpoint(mortal.endpoint)}" }]`,
    systemClock,
  );
  const told = (name: string) =>
    balancer.log.reported.filter((each) => each.kind === "backend" && each.backend === name);
  await eventually(() => expect(told("h0")).toHaveLength(1));
  const diedAtMs = systemClock.now();
  await mortal.stop();
  await eventually(() => expect(told("mortal")).toMatchObject([{ state: "down" }]));
  // Five times what is promised.
  expect(systemClock.now() - diedAtMs).toBeLessThan(5 * 1.1 * (3 * 100 + 100));
});

test("a backend that requires a PROXY header is up by its probes, and served", async () => {
  const header = "PROXY UNKNOWN\r\n";
  await using server = await backend((peer) => {
    peer.socket.on("data", () => {
      if (!"PROXY ".startsWith(peer.text.slice(0, 6))) peer.reset();
      else if (peer.text.endsWith("ping\n")) peer.send("pong\n");
    });
  });
  await using balancer = await steered(
    `listeners: [{ listen: "127.0.0.1:0", pool: p }]
pools: { p: { sendProxy: v1, health: { probe: line }, backends: [{ address: "${formatEndpoint(server.endpoint)}" }] } }`,
    systemClock,
  );
  expect((await (await server.next()).bytes(header.length + 5)).toString()).toBe(`${header}ping\n`);
  const { listeners } = await balancer.plane.sample();
  const client = await dialPeer(listeners[0]?.endpoint as Endpoint);
  client.send("ping\n");
  expect((await client.bytes(5)).toString()).toBe("pong\n");
  client.reset();
  expect(balancer.log.reported.filter(({ kind }) => kind === "backend")).toEqual([]);
});

test("a verdict outlives a new configuration that says nothing new of the backend", async () => {
  await using servers = await fleet("a", "b");
  await using balancer = await lab({ backends: servers.members, algorithm: "first" });
  await balancer.verdict("a", false);
  const [a, b] = servers.members as [Member, Member];
  await balancer.apply({ backends: [b, { ...a, weight: 3 }], algorithm: "round-robin" });
  expect(await balancer.served1by1(3)).toBe("bbb");
  await balancer.verdict("a", true);
  expect(await balancer.served1by1(8)).toContain("a");
});

test("what probes find at an address that a reload has replaced is not held against the new one", async () => {
  await using replaced = await refusing();
  await using servers = await fleet("a");
  await using balancer = await lab({ backends: servers.members });
  const outcome = new Deferred<Outcome>();
  using _late = checked(balancer, [{ name: "a", endpoint: replaced.endpoint }], {}, outcome.resolve);
  expect(await outcome.promise).toBe("not-found");
  expect((await balancer.served()).by).toBe("a");
});

test("the command logs once that a backend is down, and once that it is up and for how long it was not", async () => {
  await using mortal = await unixBackend((peer) => peer.send("m"));
  await using file = await fileOf(`
    listeners: [{ name: web, listen: "127.0.0.1:0", pool: p }]
    pools:
      p:
        health: { interval: 20ms, rise: 2, fall: 3 }
        backends: [{ name: mortal, address: "${formatEndpoint(mortal.endpoint)}" }]`);
  await using balancer = await configuredBalancer(file.path);
  await balancer.line(
    /"pool":"p","backend":"mortal","reason":"1 probe failed: connect: [^"]+","lasted":"\d+\.\ds","lastedMs":\d+,"msg":"backend down"/,
  );
  const refused = await dialPeer(balancer.endpoint);
  expect(await refused.outcome()).toBe("end");
  refused.finish();
  await balancer.line(/"level":"error".*"pool":"p","sessions":1,"msg":"no usable backend"/);
  await mortal.open();
  await balancer.line(
    /"reason":"2 probes in a row passed","lasted":"\d+\.\ds","lastedMs":\d+,"msg":"backend up"/,
  );
  const served = await dialPeer(balancer.endpoint);
  expect((await served.bytes(1)).toString()).toBe("m");
  served.reset();
  balancer.signal("SIGTERM");
  const { stdout } = await balancer.exit();
  expect(stdout.match(/"msg":"backend (up|down)"/g)).toHaveLength(2);
});

const FAST: HealthSettings = { probe: { kind: "tcp" }, intervalMs: 20, timeoutMs: 2_000, rise: 2, fall: 3 };

/** Probes a lab's backends in a hurry. */
function checked(
  balancer: Lab,
  members: readonly (Exclude<Member, { kind: unknown }> & { name: string })[],
  more: Partial<HealthSettings> = {},
  told: (outcome: Outcome) => void = () => {},
  sendProxy?: "v1",
): HealthChecker {
  const checker = new HealthChecker({
    transport: testTransport(systemClock),
    clock: systemClock,
    dice: systemDice,
    tell: (found) => void balancer.plane.order({ kind: "verdict", ...found }).then(told),
    answeredAgoMs: async () => Infinity,
  });
  const health = { ...FAST, ...more };
  const targets = members.map(({ name, endpoint }) => ({
    pool: "main",
    entry: name,
    endpoint,
    health,
    sendProxy,
  }));
  checker.watch("main", targets);
  return checker;
}

function portOf(endpoint: Endpoint): number {
  return endpoint.kind === "tcp" ? endpoint.port : 0;
}

async function operational(balancer: Lab, name: string, state: "up" | "down"): Promise<void> {
  await balancer.when(`${name} ${state}`, ({ pools }) =>
    pools.some(({ backends }) => backends.some((each) => each.name === name && each.operational === state)),
  );
}
