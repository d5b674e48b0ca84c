import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemClock } from "#lb/core/clock";
import { backend, dialPeer } from "../support/peer.ts";

/** Does nothing for so long, as a process does that is stopped. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test("a deadline that passed while the process stood still is looked at after what came meanwhile", async () => {
  await using server = await backend((peer) => peer.send("here in time"));
  const client = await dialPeer(server.endpoint);
  const order: string[] = [];
  const heard = once(client.socket, "data").then(() => order.push("the answer"));
  const over = new Promise<void>((resolve) => {
    systemClock.after(100, () => {
      order.push("the deadline");
      resolve();
    });
  });
  await server.next();
  standStill(600);
  await Promise.all([heard, over]);
  expect(order).toEqual(["the answer", "the deadline"]);
  client.reset();
});

test("a timer that was put off can still be cancelled", async () => {
  let fired = false;
  const timer = systemClock.after(50, () => {
    fired = true;
  });
  standStill(400);
  await new Promise((resolve) => setImmediate(resolve));
  timer[Symbol.dispose]();
  await sleep(100);
  expect(fired).toBe(false);
});
