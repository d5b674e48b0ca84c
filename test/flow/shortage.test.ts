import { expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import type { SessionRecord } from "#lb/core/session";
import { balancerProcess } from "../support/balancer-process.ts";
import { backend, dialPeer, echo, type Peer } from "../support/peer.ts";

// Whether the last free descriptor goes to a client or to a dial depends on the parity.
const LIMITS = [150, 151];

test("a session for which no descriptor is left ends alone, and tries no other backend", async () => {
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
  await using balancer = await balancerProcess("round-robin", backends, { openFiles });
  const clients = await Promise.all(Array.from({ length: openFiles }, () => dialPeer(balancer.endpoint)));
  const served = (await Promise.all(clients.map(isServed))).filter((each) => each).length;
  expect(served).toBeGreaterThan(0);
  expect(served).toBeLessThan(openFiles);
  for (const client of clients) client.reset();
  await oneIsServed(balancer.endpoint);
  balancer.signal("SIGTERM");
  await balancer.exit();
  return balancer.records.filter(({ ending }) => ending !== "client-reset" && ending !== "done");
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
