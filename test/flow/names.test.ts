import { expect, test } from "vitest";
import type { Sample } from "#lb/contract/sample";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { BalancerProcess } from "../support/balancer-process.ts";
import { fleet } from "../support/fleet.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { nameServiceOf } from "../support/name-service.ts";
import { dialPeer, TestBackend } from "../support/peer.ts";
import { run } from "../support/process.ts";
import { steered } from "../support/steered.ts";

// Reserved by RFC 2606: nobody ever knows it.
const NOBODY = "nosuch.invalid";

test("no session waits for a name: who is known serves, and the backend joins once its name is", async () => {
  const clock = new ManualClock();
  await using servers = await fleet("a", "b");
  const [a, b] = servers.members.map(({ endpoint }) => endpoint) as [Endpoint, Endpoint];
  const answers: Record<string, readonly string[]> = {};
  const nameService = nameServiceOf(
    async (name) => answers[name] ?? Promise.reject(new Error(`nobody knows ${name}`)),
  );
  const late = formatEndpoint(b).replace("127.0.0.1", "late.example");
  const text = `
    listeners: [{ listen: "127.0.0.1:0", pool: p }]
    pools: { p: { health: { probe: off }, backends: [{ address: "${formatEndpoint(a)}" }, { address: "${late}" }] } }`;
  await using balancer = await steered(text, clock, { nameService });
  expect(await balancer.served1by1(4)).toBe("aaaa");
  answers["late.example"] = ["127.0.0.1"];
  await clock.run(1_000);
  await balancer.when("the backend that joins", ({ pools }) => pools[0]?.backends.length === 2);
  expect((await balancer.served1by1(4)).split("").sort().join("")).toBe("aabb");
});

test("a service that listens on IPv6 alone is found by its name, and by localhost", async () => {
  const clock = new ManualClock();
  await using server = new TestBackend((peer) => peer.send("6"));
  await server.listen(0, "::1");
  const { port } = server.endpoint as { port: number };
  const nameService = nameServiceOf(async () => ["127.0.0.1", "::1"]);
  const text = `
      listeners: [{ name: l, listen: "127.0.0.1:0", pool: l }, { name: n, listen: "127.0.0.1:0", pool: n }]
      pools:
        l: { health: { probe: off }, backends: [{ address: "localhost:${port}" }] }
        n: { backends: [{ address: "six.example:${port}" }] }`;
  await using balancer = await steered(text, clock, { nameService });
  const members = (at: number) => (sample: Sample) =>
    sample.pools[at]?.backends.map(({ name }) => name) ?? [];
  expect(members(0)(await balancer.plane.sample())).toEqual([
    `localhost:${port}@127.0.0.1`,
    `localhost:${port}@::1`,
  ]);
  await balancer.when("the addresses of IPv6", (sample) => members(1)(sample).length === 2);
  expect(await balancer.served1by1(3, "l")).toBe("666");
  expect(await balancer.served1by1(3, "n")).toBe("666");
  expect(balancer.lines).toContainEqual([
    "backend has others of its addresses",
    { pool: "n", backend: `six.example:${port}`, reason: "no IPv4 address answers, IPv6 is tried too" },
  ]);
});

test("a name server that tells three of six addresses, others each time, moves no client and tells of it once", async () => {
  const clock = new ManualClock();
  const hosts = [1, 2, 3, 4, 5, 6].map((end) => `127.0.0.${end}`);
  await using servers = await onOnePort(hosts);
  const { port } = servers;
  let asked = 0;
  const nameService = nameServiceOf(async () => (asked++ % 2 === 0 ? hosts.slice(0, 3) : hosts.slice(3)));
  const text = `
    listeners: [{ listen: "127.0.0.1:0", pool: p }]
    pools: { p: { algorithm: source-hash, health: { probe: off }, backends: [{ address: "web.example:${port}" }] } }`;
  await using balancer = await steered(text, clock, { nameService });
  await clock.run(10_000);
  await balancer.when("all six", ({ pools }) => pools[0]?.backends.length === 6);
  const by = await balancer.served1by1(1);
  for (let i = 0; i < 10; i++) {
    await clock.run(10_000);
    expect(await balancer.served1by1(1)).toBe(by);
  }
  const changes = balancer.lines.filter(
    ([message]) => message === "names have other addresses, backends follow",
  );
  expect(changes).toEqual([[expect.any(String), { name: "web.example", addresses: hosts }]]);
});

test("the command starts without a backend that nobody knows, says so, and serves by the others", async () => {
  await using servers = await fleet("a");
  const live = formatEndpoint(servers.members[0]?.endpoint as Endpoint);
  const backends = ["--backend", `${NOBODY}:1`, "--backend", live];
  await using balancer = new BalancerProcess("lb.js", ["first", "--listen", "127.0.0.1:0", ...backends]);
  await balancer.listening();
  await balancer.line(
    /"level":"warn".*"pool":"main","backend":"nosuch\.invalid:1","address":"nosuch\.invalid:1","reason":"nosuch\.invalid [^"]+","msg":"backend not resolved"/,
  );
  const client = await dialPeer(balancer.endpoint);
  expect((await client.bytes(1)).toString()).toBe("a");
  client.reset();
});

test("the command does not start where nobody knows a listener's name, and says which it is", async () => {
  const { code, stdout, stderr } = await run("lb.js", "first", "--listen", `${NOBODY}:0`);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^lb: the listener main cannot listen: nosuch\.invalid [^\n]+\n$/);
});

/** A server on each of these addresses, all on one port; each says the end of its address. */
async function onOnePort(hosts: readonly string[]) {
  const servers = hosts.map((host) => new TestBackend((peer) => peer.send(host.slice(-1))));
  let port = 0;
  for (const [at, server] of servers.entries()) {
    await server.listen(port, hosts[at] as string);
    port = (server.endpoint as { port: number }).port;
  }
  const close = () => Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  return { port, [Symbol.asyncDispose]: () => close().then(() => {}) };
}
