import { expect, test } from "vitest";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { BalancerProcess } from "../support/balancer-process.ts";
import { fleet } from "../support/fleet.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { dialPeer } from "../support/peer.ts";
import { run } from "../support/process.ts";
import { steered } from "../support/steered.ts";

// Reserved by RFC 2606: nobody ever knows it.
const NOBODY = "nosuch.invalid";

test("no session waits for a name: who is known serves, and the backend joins once its name is", async () => {
  const clock = new ManualClock();
  await using servers = await fleet("a", "b");
  const [a, b] = servers.members.map(({ endpoint }) => endpoint) as [Endpoint, Endpoint];
  const answers: Record<string, readonly string[]> = {};
  const nameService = {
    addresses: async (name: string) => answers[name] ?? Promise.reject(new Error(`nobody knows ${name}`)),
    ttlSec: async () => 10,
  };
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
