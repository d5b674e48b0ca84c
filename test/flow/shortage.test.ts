import { expect, test } from "vitest";
import type { SessionRecord } from "#lb/contract/record";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { type BalancerProcess, balancerProcess, configuredBalancer } from "../support/balancer-process.ts";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { backend, dialPeer, echo, type Peer } from "../support/peer.ts";
import { standsStill } from "../support/processes.ts";

// Whether the last free descriptor goes to a client or to a dial depends on the parity.
const LIMITS = [300, 301];
/** The main thread holds so many files, more than the reserve is for. */
const HOLDING = `
  import { openSync } from "node:fs";
  import { isMainThread } from "node:worker_threads";
  if (isMainThread) for (let nth = 0; nth < 120; nth++) openSync("/dev/null");`;

test("refuses clients before its descriptors run out, so that whoever was let in is served", async () => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("first", [server.endpoint], { openFiles: 201 });
  // Without the reserve, and the one probe that may be under way.
  const places = (201 - 64 - 1) / 2;
  const served: Peer[] = [];
  for (let i = 0; i < places + 30; i++) {
    const client = await dialPeer(balancer.endpoint);
    if (await isServed(client)) served.push(client);
    client.socket.on("end", () => client.finish());
  }
  expect(served).toHaveLength(places);
  served[0]?.reset();
  await oneIsServed(balancer.endpoint);
  for (const client of served) client.reset();
  const endings = (await recordsAtTheEnd(balancer)).map(({ ending }) => ending);
  expect(endings.filter((ending) => ending === "listener-full").length).toBeGreaterThanOrEqual(30);
  expect(endings.filter((ending) => !/^(listener-full|client-reset|done)$/.test(ending))).toEqual([]);
});

test("a burst of clients takes no descriptor that the dial for one of them needs", async () => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("first", [server.endpoint], { openFiles: 201 });
  await oneIsServed(balancer.endpoint);
  // All of them wait in the kernel's queue when the balancer comes to look.
  balancer.signal("SIGSTOP");
  await eventually(() => expect(standsStill(balancer.pid)).toBe(true));
  const clients = await Promise.all(Array.from({ length: 300 }, () => dialPeer(balancer.endpoint)));
  const answers = clients.map(isServed);
  balancer.signal("SIGCONT");
  const served = (await Promise.all(answers)).filter((each) => each).length;
  for (const client of clients) client.reset();
  const records = await recordsAtTheEnd(balancer);
  const failed = records.filter(({ ending }) => !/^(listener-full|client-reset|done)$/.test(ending));
  expect([served, failed]).toEqual([(201 - 64 - 1) / 2, []]);
});

test("a session for which no descriptor is left ends alone, tries no other backend, and ejects none", async () => {
  await using one = await backend(echo);
  await using two = await backend(echo);
  const runs = LIMITS.map((limit) => exhausted([one.endpoint, two.endpoint], limit));
  const records = (await Promise.all(runs)).flat();
  expect(records.length).toBeGreaterThan(0);
  for (const { ending, attempts } of records) {
    expect([ending, ...attempts.map(({ error }) => error)]).toEqual(["connect-failed", "connect-failed"]);
  }
});

/**
 * Opens more clients than a process has descriptors for; gives the records of those that ended for it, once the others
 * have left and a new client is served again.
 */
async function exhausted(
  backends: readonly Endpoint[],
  openFiles: number,
): Promise<readonly SessionRecord[]> {
  await using file = await fileOf(`
    listeners: [{ listen: "127.0.0.1:0", pool: p }]
    pools:
      p:
        health: { probe: off }
        backends: [${backends.map((endpoint) => `{ address: "${formatEndpoint(endpoint)}" }`).join(", ")}]`);
  await using holding = await fileOf(HOLDING, "holding.mjs");
  const env = { NODE_OPTIONS: `--import ${holding.path}` };
  await using balancer = await configuredBalancer(file.path, { openFiles, env });
  const clients = await Promise.all(Array.from({ length: openFiles }, () => dialPeer(balancer.endpoint)));
  const served = (await Promise.all(clients.map(isServed))).filter((each) => each).length;
  expect(served).toBeGreaterThan(0);
  expect(served).toBeLessThan(openFiles);
  for (const client of clients) client.reset();
  await oneIsServed(balancer.endpoint);
  const records = await recordsAtTheEnd(balancer);
  expect(balancer.stdout).not.toMatch(/"msg":"backend ejected"/);
  return records.filter(({ ending }) => ending !== "client-reset" && ending !== "done");
}

async function recordsAtTheEnd(balancer: BalancerProcess): Promise<readonly SessionRecord[]> {
  balancer.signal("SIGTERM");
  await balancer.exit();
  return balancer.records;
}

/** Resolves once a new client is served, and has left. */
async function oneIsServed(endpoint: Endpoint): Promise<void> {
  const client = await dialPeer(endpoint);
  const served = await isServed(client);
  client.reset();
  if (!served) await oneIsServed(endpoint);
}

async function isServed(client: Peer): Promise<boolean> {
  client.send("?");
  return await client.bytes(1).then(
    () => true,
    () => false,
  );
}
