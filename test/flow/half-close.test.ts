import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend } from "../support/peer.ts";

test("delivers the late answer to a client that has finished sending", async () => {
  const clock = new ManualClock();
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], clock });
  const client = await balancer.client();
  client.send("question");
  client.finish();
  const session = await server.next();
  expect(await session.outcome()).toBe("end");
  await clock.run(300);
  session.send("answer");
  session.finish();
  expect(await client.outcome()).toBe("end");
  expect(client.text).toBe("answer");
  expect(await balancer.ended()).toMatchObject([{ ending: "done" }]);
});

test("delivers what a client uploads after the backend has finished sending", async () => {
  await using server = await backend((peer) => peer.finish());
  await using balancer = await lab({ backends: [server.endpoint] });
  const client = await balancer.client();
  expect(await client.outcome()).toBe("end");
  client.send(Buffer.alloc(1 << 20, "u"));
  client.finish();
  const session = await server.next();
  expect(await session.outcome()).toBe("end");
  expect(session.length).toBe(1 << 20);
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: 1 << 20 }]);
});

test.each(["client", "backend"])("ends both where a %s has finished and the other is silent", async (who) => {
  const clock = new ManualClock();
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], finMs: 30_000, clock });
  const client = await balancer.client();
  const session = await server.next();
  const [first, other] = who === "client" ? [client, session] : [session, client];
  first.finish();
  expect(await other.outcome()).toBe("end");
  await clock.run(29_000);
  expect(balancer.records).toEqual([]);
  await clock.run(9_000);
  expect(await first.outcome()).toBe("end");
  await clock.run(1_000);
  expect(await balancer.ended()).toMatchObject([{ ending: "fin-timeout" }]);
});

test("counts the fin timeout from the FIN, however long both were silent before it", async () => {
  const clock = new ManualClock();
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], finMs: 30_000, clock });
  const client = await balancer.client();
  const session = await server.next();
  await clock.run(300_000);
  client.finish();
  expect(await session.outcome()).toBe("end");
  await clock.run(20_000);
  session.send("late, but in time");
  session.finish();
  expect(await client.outcome()).toBe("end");
  expect(client.text).toBe("late, but in time");
});

test("an answer that trickles outlives the fin timeout", async () => {
  const clock = new ManualClock();
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], finMs: 30_000, clock });
  const client = await balancer.client();
  const session = await server.next();
  client.finish();
  await session.outcome();
  for (let count = 1; count <= 5; count++) {
    await clock.run(20_000);
    session.send(".");
    await client.bytes(count);
  }
  session.finish();
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesOut: 5 }]);
});

test("without half-close the first FIN ends both, after the bytes before it", async () => {
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], halfClose: false });
  const client = await balancer.client();
  client.send("all of it");
  const session = await server.next();
  client.finish();
  expect(await session.outcome()).toBe("end");
  expect(session.text).toBe("all of it");
  session.finish();
  expect(await client.outcome()).toBe("end");
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: 9 }]);
});

test("without half-close an answer that comes after the client's FIN is cut off", async () => {
  await using server = await backend();
  await using balancer = await lab({ backends: [server.endpoint], halfClose: false });
  const client = await balancer.client();
  client.send("question");
  client.finish();
  const session = await server.next();
  expect(await session.outcome()).toBe("end");
  session.send("answer");
  expect(await client.outcome()).toBe("end");
  expect(client.text).toBe("");
  expect(await balancer.ended()).toMatchObject([{ ending: "done", bytesIn: 8, bytesOut: 0 }]);
});
