import { expect, test } from "vitest";
import { Switch } from "../../servers/faults/switch.ts";
import { pingProtocol } from "../../servers/ping-protocol.ts";
import { TestServer } from "../../servers/test-server.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { dialPeer } from "../support/peer.ts";

async function switched() {
  const clock = new ManualClock();
  const own = new Switch(clock);
  const server = await TestServer.start({ protocol: pingProtocol, name: "a", faults: [own] });
  const dial = () => dialPeer({ kind: "tcp", host: "127.0.0.1", port: server.port });
  return { clock, own, dial, [Symbol.asyncDispose]: () => server.close(0) };
}

const PONG = "pong a\n";

test("a server that is slowed answers so much later, and at once when it is restored", async () => {
  await using server = await switched();
  const { clock, own } = server;
  const peer = await server.dial();
  own.slow(100);
  peer.send("ping\n");
  await eventually(() => expect(clock.timers).toBe(1));
  clock.advance(99);
  expect(clock.timers).toBe(1);
  clock.advance(1);
  expect(String(await peer.bytes(PONG.length))).toBe(PONG);
  expect(await own.restore()).toBe(true);
  peer.send("ping\n");
  expect(String(await peer.bytes(2 * PONG.length))).toBe(PONG + PONG);
});

test("a server that crashes resets its connections and refuses new ones until it is restored", async () => {
  await using server = await switched();
  const { own } = server;
  const peer = await server.dial();
  peer.send("ping\n");
  await peer.bytes(PONG.length);
  own.crash();
  own.crash();
  expect(await peer.outcome()).toBe("reset");
  await expect(server.dial()).rejects.toThrow(/ECONNREFUSED/);
  expect(await own.restore()).toBe(true);
  expect(await own.restore()).toBe(true);
  const again = await server.dial();
  again.send("ping\n");
  expect(String(await again.bytes(PONG.length))).toBe(PONG);
});

test("a server that closes lets go of the answers that are late", async () => {
  const server = await switched();
  const peer = await server.dial();
  server.own.slow(10_000);
  peer.send("ping\n");
  await eventually(() => expect(server.clock.timers).toBe(1));
  await server[Symbol.asyncDispose]();
  expect(server.clock.timers).toBe(0);
});
