import { createHash, randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Lab, lab } from "../support/lab.ts";
import { backend, type Peer } from "../support/peer.ts";

const SIZE = 50 << 20;
const MOST_HELD = 256 << 10;

test("holds at most 256 KiB for a client that does not read, and delivers all once it does", async () => {
  const bytes = randomBytes(SIZE);
  await using server = await backend((peer) => sendAll(peer, bytes));
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  await delivers(bytes, client, balancer);
  client.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesOut: SIZE }]);
});

test("holds at most 256 KiB for a backend that does not read, and delivers all once it does", async () => {
  const bytes = randomBytes(SIZE);
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  const session = await server.next();
  sendAll(client, bytes);
  await delivers(bytes, session, balancer);
  session.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: SIZE }]);
});

/** The reader stalls until bytes pile up before it, and then gets every one; what is held is looked at on every turn. */
async function delivers(bytes: Buffer, reader: Peer, balancer: Lab): Promise<void> {
  const held = watchHeld(balancer);
  reader.stall();
  await balancer.when("a full path", async () => (await balancer.heldBytes()) > 0);
  for (let turns = 0; turns < 100; turns++) await turn();
  expect(reader.length).toBeLessThan(SIZE);
  reader.listen();
  expect(await reader.outcome()).toBe("end");
  expect(digest(reader.received)).toBe(digest(bytes));
  expect(await held.most()).toBeLessThanOrEqual(MOST_HELD);
}

function watchHeld(balancer: Lab) {
  let watching = true;
  let most = 0;
  const watch = async () => {
    while (watching) {
      most = Math.max(most, await balancer.heldBytes());
      await turn();
    }
    return most;
  };
  const watched = watch();
  return {
    most: () => {
      watching = false;
      return watched;
    },
  };
}

function sendAll(peer: Peer, bytes: Uint8Array): void {
  peer.send(bytes);
  peer.finish();
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
