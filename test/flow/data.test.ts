import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo, type Peer } from "../support/peer.ts";

test("carries every byte both ways, and the backend's end as an end", async () => {
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  client.send("one");
  await client.bytes(3);
  client.send("two");
  await client.bytes(6);
  (await server.next()).finish();
  expect(await client.outcome()).toBe("end");
  client.finish();
  expect(client.text).toBe("onetwo");
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: 6, bytesOut: 6 }]);
});

test("dials without waiting for the client to speak", async () => {
  await using server = await backend((peer) => peer.send("220 hello\r\n"));
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  expect((await client.bytes(11)).toString()).toBe("220 hello\r\n");
});

test("answers a client that was silent for longer than the connect timeout", async () => {
  const clock = new ManualClock();
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], connectTimeoutMs: 2_000, clock });
  const client = await balancer.client();
  await server.next();
  await clock.run(10_000);
  client.send("still there?");
  expect((await client.bytes(12)).toString()).toBe("still there?");
});

test("carries 8 MiB each way at once, unchanged", async () => {
  const [up, down] = [randomBytes(8 << 20), randomBytes(8 << 20)];
  await using server = await backend((peer) => sendAll(peer, down));
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  sendAll(client, up);
  const session = await server.next();
  await Promise.all([client.outcome(), session.outcome()]);
  expect(digest(client.received)).toBe(digest(down));
  expect(digest(session.received)).toBe(digest(up));
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: 8 << 20, bytesOut: 8 << 20 }]);
});

test("carries a thousand writes of one byte each way, in order", async () => {
  const bytes = randomBytes(1_000);
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  for (const byte of bytes) client.send(Uint8Array.of(byte));
  client.finish();
  expect(await client.outcome()).toBe("end");
  expect(digest(client.received)).toBe(digest(bytes));
});

test.each(["client", "backend"])(
  "delivers two writes that a %s follows with its close at once",
  async (who) => {
    const speak = (peer: Peer) => {
      peer.send("first ");
      peer.send("second");
      peer.finish();
    };
    await using server = await backend(who === "backend" ? speak : undefined);
    await using balancer = await lab({ backends: [server.endpoint] });
    const client = await balancer.client();
    if (who === "client") speak(client);
    const session = await server.next();
    const hearer = who === "client" ? session : client;
    expect(await hearer.outcome()).toBe("end");
    expect(hearer.text).toBe("first second");
    hearer.finish();
    expect(await balancer.ended()).toMatchObject([{ ending: "done" }]);
  },
);

function sendAll(peer: Peer, bytes: Uint8Array): void {
  peer.send(bytes);
  peer.finish();
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
