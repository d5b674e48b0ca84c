import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { formatEndpoint } from "#lb/core/address";
import { configuredBalancer } from "../support/balancer-process.ts";
import { fileOf } from "../support/file-of.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";

const IDLE_MS = 1_000;

test("a process that stood still for longer than idle keeps the sessions whose bytes came meanwhile, and serves those that came", async () => {
  await using server = await backend(echo);
  await using file = await fileOf(`
    listeners: [{ listen: "127.0.0.1:0", pool: p, timeouts: { idle: ${IDLE_MS}ms } }]
    pools: { p: { timeouts: { connect: 200ms }, health: { probe: off }, backends: [{ address: "${formatEndpoint(server.endpoint)}" }] } }`);
  await using balancer = await configuredBalancer(file.path);
  const clients = await Promise.all(Array.from({ length: 10 }, () => dialPeer(balancer.endpoint)));
  for (const client of clients) client.send("a");
  await Promise.all(clients.map((client) => client.bytes(1)));
  balancer.signal("SIGSTOP");
  await sleep(IDLE_MS / 2);
  for (const client of clients) client.send("b");
  const newcomer = await dialPeer(balancer.endpoint);
  newcomer.send("n");
  // Nothing tells that a stopped process has been still for long enough.
  await sleep(2 * IDLE_MS);
  balancer.signal("SIGCONT");
  for (const client of clients) expect((await client.bytes(2)).toString()).toBe("ab");
  expect((await newcomer.bytes(1)).toString()).toBe("n");
  for (const client of [...clients, newcomer]) client.finish();
  for (const client of [...clients, newcomer]) expect(await client.outcome()).toBe("end");
  balancer.signal("SIGTERM");
  await balancer.exit();
  expect(balancer.records.map(({ ending }) => ending)).toEqual(Array(11).fill("done"));
});
